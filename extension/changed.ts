/** Channel within the extension on which the worker says that something stored has changed. Pages cannot reach it. */
export const CHANGED_CHANNEL = 'laurel-wallet';
