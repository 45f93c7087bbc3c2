import { css } from '../internal/css.ts';

export const styles = css`
  :host {
    display: inline-grid;
    min-inline-size: var(--laurel-badge-reserve, 11em);
    vertical-align: baseline;
  }
  /* Wide as its number at least, high as one line: what has no room wraps below the edge and is not seen. */
  .view {
    inline-size: min-content;
    min-inline-size: 100%;
    block-size: 1lh;
    display: flex;
    flex-wrap: wrap;
    column-gap: 0.35em;
    align-items: baseline;
    justify-content: var(--laurel-badge-align, start);
    overflow: clip;
    color: var(--laurel-badge-color, inherit);
    white-space: nowrap;
  }
  .lead {
    display: flex;
    column-gap: 0.35em;
    align-items: baseline;
  }
  .value {
    font-weight: 650;
    font-variant-numeric: tabular-nums;
  }
  .unit,
  .note {
    font-size: 0.8125em;
  }
`;
