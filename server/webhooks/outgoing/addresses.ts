import { BlockList, isIP } from 'node:net';

/** IPv4 that is not of the public network (IANA IPv4 Special-Purpose Address Registry), and multicast. */
const NOT_PUBLIC_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Of IPv6 only 2000::/3 is public; these parts of it are not, or lead to an IPv4 address that is written in them. */
const NOT_PUBLIC_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
] as const;

const notPublicV4 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_V4) notPublicV4.addSubnet(network, prefix, 'ipv4');
const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');
const notPublicV6 = new BlockList();
for (const [network, prefix] of NOT_PUBLIC_V6) notPublicV6.addSubnet(network, prefix, 'ipv6');

/** Whether a resolved address is one of the public internet. Anything that is not plainly one is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !notPublicV4.check(address, 'ipv4');
    case 6:
      // A zone index (`fe80::1%eth0`) is link-local by its nature.
      return !address.includes('%') && globalV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Names of the own machine or network (RFC 6761, RFC 6762, RFC 8375, and what clouds and clusters use inside). */
const PRIVATE_NAMES =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa|svc|cluster)\.?$/;

/**
 * What is wrong with an address that messages are to be sent to, as the rest of a sentence; `null` when nothing is. The
 * name's addresses are looked at again at each connection.
 */
export function urlFault(text: string, allowPrivate: boolean): string | null {
  if (!URL.canParse(text)) return 'an absolute address such as https://shop.example/laurel';
  // The parser turns decimal, octal, hexadecimal and short IPv4 into the four plain numbers.
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '') return 'an address without a user or password: messages are signed';
  if (hash !== '') return 'an address without a fragment';
  if (allowPrivate) return /^https?:$/.test(protocol) ? null : 'an http or https address';
  if (protocol !== 'https:') return 'an https address';
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return isPublicAddress(address) ? null : 'an address of the public internet';
  if (!hostname.includes('.') || PRIVATE_NAMES.test(hostname)) return 'a name of the public internet';
  return null;
}
