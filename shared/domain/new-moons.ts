import type { Instant } from './time.ts';

/**
 * When the moon is new, after Meeus, Astronomical Algorithms (1998), chapter 49: right to some twenty seconds for this
 * century. The platform's own Chinese calendar is off by minutes, which is a day where the moon is new about midnight, as
 * at the new years of 2027 and 2030.
 */

/** Mean length of a lunation, and the first of the year 2000. */
const LUNATION_DAYS = 29.530588861;
const FIRST_JDE = 2451550.09766;
const UNIX_EPOCH_JD = 2440587.5;
const DAY_MS = 86_400_000;
const RADIANS = Math.PI / 180;

/** Sine terms: days, power of the eccentricity, multiples of the sun's and the moon's anomaly and of the moon's latitude. */
const TERMS: readonly (readonly [number, number, number, number, number])[] = [
  [-0.4072, 0, 0, 1, 0],
  [0.17241, 1, 1, 0, 0],
  [0.01608, 0, 0, 2, 0],
  [0.01039, 0, 0, 0, 2],
  [0.00739, 1, -1, 1, 0],
  [-0.00514, 1, 1, 1, 0],
  [0.00208, 2, 2, 0, 0],
  [-0.00111, 0, 0, 1, -2],
  [-0.00057, 0, 0, 1, 2],
  [0.00056, 1, 1, 2, 0],
  [-0.00042, 0, 0, 3, 0],
  [0.00042, 1, 1, 0, 2],
  [0.00038, 1, 1, 0, -2],
  [-0.00024, 1, -1, 2, 0],
  [-0.00007, 0, 2, 1, 0],
  [0.00004, 0, 0, 2, -2],
  [0.00004, 0, 3, 0, 0],
  [0.00003, 0, 1, 1, -2],
  [0.00003, 0, 0, 2, 2],
  [-0.00003, 0, 1, 1, 2],
  [0.00003, 0, -1, 1, 2],
  [-0.00002, 0, -1, 1, -2],
  [-0.00002, 0, 1, 3, 0],
  [0.00002, 0, 0, 4, 0],
];

/** What planets do: degrees at the first lunation, degrees a lunation, days. */
const PLANETS: readonly (readonly [number, number, number])[] = [
  [299.77, 0.107408, 0.000325],
  [251.88, 0.016321, 0.000165],
  [251.83, 26.651886, 0.000164],
  [349.42, 36.412478, 0.000126],
  [84.66, 18.206239, 0.00011],
  [141.74, 53.303771, 0.000062],
  [207.14, 2.453732, 0.00006],
  [154.84, 7.30686, 0.000056],
  [34.52, 27.261239, 0.000047],
  [207.19, 0.121824, 0.000042],
  [291.34, 1.844379, 0.00004],
  [161.72, 24.198154, 0.000037],
  [239.56, 25.513099, 0.000035],
  [331.55, 3.592518, 0.000023],
];

/** The number of the lunation that begins about an instant; the one before or after it at the worst. */
export function lunationNear(instant: Instant): number {
  return Math.round((instant / DAY_MS + UNIX_EPOCH_JD - FIRST_JDE) / LUNATION_DAYS);
}

/** When the moon is new at the beginning of a lunation. */
export function newMoonOf(lunation: number): Instant {
  const k = lunation;
  const t = k / 1236.85;
  const eccentricity = 1 - 0.002516 * t - 0.0000074 * t * t;
  const sun = 2.5534 + 29.1053567 * k - 0.0000014 * t * t;
  const moon = 201.5643 + 385.81693528 * k + 0.0107582 * t * t + 0.00001238 * t ** 3;
  const latitude = 160.7108 + 390.67050284 * k - 0.0016118 * t * t - 0.00000227 * t ** 3;
  const node = 124.7746 - 1.56375588 * k + 0.0020672 * t * t;
  let days = FIRST_JDE + LUNATION_DAYS * k + 0.00015437 * t * t - 0.00000015 * t ** 3;
  for (const [size, power, ofSun, ofMoon, ofLatitude] of TERMS) {
    days += size * eccentricity ** power * sine(ofSun * sun + ofMoon * moon + ofLatitude * latitude);
  }
  days += -0.00017 * sine(node);
  for (const [at, perLunation, size] of PLANETS) {
    days += size * sine(at + perLunation * k - (size === 0.000325 ? 0.009173 * t * t : 0));
  }
  return Math.round((days - UNIX_EPOCH_JD) * DAY_MS - clockLagMs(t));
}

const sine = (degrees: number) => Math.sin((degrees % 360) * RADIANS);

/**
 * How far the earth's clock is behind the uniform time of astronomy: measured to be some 69 s since 2017, and taken to
 * grow slowly (nobody can know it ahead to better than seconds).
 */
function clockLagMs(centuriesSince2000: number): number {
  const years = centuriesSince2000 * 100;
  if (years < 20) return (63.8 + 0.27 * Math.max(0, years)) * 1_000;
  return (69.2 + 0.0035 * (years - 20) ** 2) * 1_000;
}
