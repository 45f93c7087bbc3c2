import { html } from 'lit';
import { type IconName, icons } from '../../shared/look/icons.ts';

/** One of the shared icons, drawn in the text's color; what it means stands beside it in words. */
export const icon = (name: IconName, size = 16) =>
  html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true"><path d=${icons[name]} /></svg>`;
