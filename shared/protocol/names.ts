/** Names that both ends of a wire must spell alike. Public: renaming one breaks what is deployed. */

/** Reverse-domain name of the project; prefix of messages between page and wallet. */
export const RDNS = 'io.github.laurel-loyalty';

/** OAuth client id of the wallet, and the audience of points statements. */
export const WALLET_CLIENT_ID = `${RDNS}.wallet`;

/** The wallet's scope: reads a member's account, never changes it. */
export const SCOPE_READ = `${RDNS}:read`;

/** A shop page's scope: everything that a member may do. */
export const SCOPE_MEMBER = `${RDNS}:member`;

/** Relation of the `<link>` by which a page says which program it belongs to; `href` is the program document. */
export const PROGRAM_LINK_REL = 'loyalty-program';

/** `<meta name>` that carries the shop's JWT for its signed-in customer. */
export const MEMBER_META = 'laurel-member';

export const GRANT_JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
