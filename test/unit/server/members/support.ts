import { program } from '../../../support/server.ts';

/** The test program with one purpose that counts at once, and one that asks for a second yes. */
export const consentingProgram = {
  ...program,
  consents: [
    {
      id: 'newsletter',
      name: { en: 'Newsletter' },
      textVersion: 2,
      text: { en: 'Yes, send me the newsletter.', de: 'Ja, schickt mir den Newsletter.' },
      isDoubleOptIn: false,
    },
    {
      id: 'sms',
      name: { en: 'Text messages' },
      textVersion: 1,
      text: { en: 'Yes, send me text messages.' },
      isDoubleOptIn: true,
    },
  ],
};

/** The same with a new text of the newsletter. */
export const rewordedProgram = {
  ...consentingProgram,
  consents: consentingProgram.consents.map((consent) =>
    consent.id === 'newsletter' ? { ...consent, textVersion: 3, text: { en: 'Yes, send me all the news.' } } : consent,
  ),
};
