import { define } from '../internal/define.ts';
import { LaurelPointsBadge } from './points-badge.ts';

define('laurel-points-badge', LaurelPointsBadge);

declare global {
  interface HTMLElementTagNameMap {
    'laurel-points-badge': LaurelPointsBadge;
  }
}
