/** Type of the event by which an element finds the page session, also out of a shadow root of the shop's. */
export const CONNECT_EVENT = 'laurel-connect';
