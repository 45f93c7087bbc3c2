import { motionMs } from '../../shared/look/tokens.ts';
import { css } from '../internal/css.ts';

export const styles = css`
  :host {
    min-block-size: var(--laurel-survey-reserve, 20em);
    container-type: inline-size;
  }
  .view {
    --_accent: var(--laurel-accent, currentcolor);
    --_line: color-mix(in srgb, currentcolor 24%, transparent);
    /* Black or white, by the accent's luminance (WCAG 2.2): one of them always has 4.5:1 on it. */
    --_side: clamp(0, (0.179 - y) * 1e6, 1);
    box-sizing: border-box;
    display: grid;
    grid-template-rows: auto 1fr auto;
    gap: 1em;
    padding: 1.25em;
    border: 1px solid var(--_line);
    border-radius: var(--laurel-radius, 0.75em);
    line-height: 1.4;
  }
  fieldset {
    display: grid;
    gap: 0.75em;
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  legend {
    padding: 0;
    margin-block-end: 0.75em;
    font-size: 1.125em;
    font-weight: 650;
    text-wrap: balance;
  }
  .scale {
    display: grid;
    grid-template-columns: repeat(11, minmax(24px, 1fr));
    gap: 2px;
  }
  label.score {
    position: relative;
    display: grid;
    place-items: center;
    min-block-size: 2.5em;
    border-radius: 0.375em;
    background: color-mix(in srgb, currentcolor 7%, transparent);
    font-variant-numeric: tabular-nums;
    cursor: pointer;
    transition: background ${motionMs.quick}ms ease-out;
  }
  label.score:hover {
    background: color-mix(in srgb, currentcolor 16%, transparent);
  }
  /* The native radio lies over its whole cell, unseen: keys, touch and readers get the real thing. */
  input {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    margin: 0;
    opacity: 0;
    cursor: inherit;
  }
  label.score:has(:checked) {
    background: var(--_accent);
    box-shadow: 0 0 0 1px currentcolor;
    font-weight: 650;
  }
  label.score:has(:checked) span {
    color: color(from var(--_accent) xyz-d65 calc(0.9505 * var(--_side)) var(--_side) calc(1.089 * var(--_side)));
  }
  label.score:has(:focus-visible),
  textarea:focus-visible,
  button:focus-visible {
    outline: 2px solid currentcolor;
    outline-offset: 2px;
  }
  .ends {
    display: flex;
    justify-content: space-between;
    gap: 1em;
    font-size: 0.8125em;
  }
  .ends :last-child {
    text-align: end;
  }
  .comment {
    display: grid;
    grid-template-rows: auto 1fr;
    gap: 0.375em;
    font-size: 0.875em;
  }
  textarea {
    box-sizing: border-box;
    inline-size: 100%;
    block-size: 100%;
    min-block-size: 3.5em;
    padding: 0.5em 0.75em;
    border: 1px solid color-mix(in srgb, currentcolor 55%, transparent);
    border-radius: 0.375em;
    background: transparent;
    color: inherit;
    font: inherit;
    resize: none;
  }
  .foot {
    display: flex;
    align-items: center;
    justify-content: end;
    gap: 1em;
    min-block-size: 2.5em;
  }
  .foot p {
    flex: 1;
  }
  p {
    margin: 0;
    font-size: 0.875em;
    text-wrap: pretty;
  }
  button {
    min-block-size: 2.5em;
    padding: 0 1.25em;
    border: 1px solid currentcolor;
    border-radius: 0.375em;
    background: transparent;
    color: inherit;
    font: inherit;
    font-weight: 650;
    cursor: pointer;
  }
  button:hover {
    background: color-mix(in srgb, currentcolor 8%, transparent);
  }
  .thanks {
    grid-template-rows: none;
    align-content: center;
    justify-items: center;
    text-align: center;
  }
  .thanks strong {
    font-size: 1.25em;
  }
  svg {
    inline-size: 3em;
    block-size: 3em;
    fill: color-mix(in oklab, var(--_accent) 60%, currentcolor);
  }
  /* Eleven targets of 24 px have no room in one row. */
  @container (inline-size < 21em) {
    slot {
      min-block-size: 23em;
    }
    .view {
      padding: 1em;
    }
    legend {
      font-size: 1em;
    }
    .scale {
      grid-template-columns: repeat(6, 1fr);
    }
  }
  @media (forced-colors: active) {
    label.score {
      border: 1px solid ButtonBorder;
    }
    label.score:has(:checked) {
      background: Highlight;
      forced-color-adjust: none;
    }
    label.score:has(:checked) span {
      color: HighlightText;
    }
  }
`;
