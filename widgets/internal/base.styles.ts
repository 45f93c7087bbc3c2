import { css } from './css.ts';

/**
 * The view lies over the slot in one grid cell. The slot keeps its room while it is invisible, so that nothing on the
 * page moves when a number takes the fallback's place.
 */
export const baseStyles = css`
  :host {
    display: grid;
  }
  :host([hidden]) {
    display: none;
  }
  slot {
    display: block;
  }
  slot,
  .view {
    grid-area: 1 / 1;
    min-inline-size: 0;
  }
  slot[off] {
    visibility: hidden;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      transition: none !important;
    }
  }
`;
