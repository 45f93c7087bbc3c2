import { motionMs } from '../../shared/look/tokens.ts';
import { css } from '../internal/css.ts';

export const styles = css`
  :host {
    min-block-size: var(--laurel-tier-reserve, 8em);
  }
  .view {
    --_accent: var(--laurel-accent, currentcolor);
    display: grid;
    align-content: start;
    row-gap: 0.5em;
    line-height: 1.4;
  }
  .tiers {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    gap: 1em;
  }
  .tier {
    font-size: 1.25em;
    font-weight: 650;
  }
  .next,
  .detail {
    font-size: 0.875em;
  }
  .next {
    text-align: end;
  }
  /* The edge is in the text's color: how far the bar is can be seen whatever the accent is. */
  .bar {
    position: relative;
    block-size: 0.5em;
    box-sizing: border-box;
    border: 1px solid currentcolor;
    border-radius: 1em;
    overflow: clip;
  }
  .fill {
    block-size: 100%;
    box-sizing: border-box;
    border-inline-end: 1px solid currentcolor;
    /* Nothing reached is nothing drawn. */
    margin-inline-start: -1px;
    background: var(--_accent);
    transition: inline-size ${motionMs.calm}ms ease-out;
  }
  p {
    margin: 0;
    font-variant-numeric: tabular-nums;
    text-wrap: pretty;
  }
  .detail {
    display: flex;
    flex-wrap: wrap;
    column-gap: 0.75em;
  }
  @media (forced-colors: active) {
    .fill {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;
