import { define } from '../internal/define.ts';
import { LaurelTierProgress } from './tier-progress.ts';

define('laurel-tier-progress', LaurelTierProgress);

declare global {
  interface HTMLElementTagNameMap {
    'laurel-tier-progress': LaurelTierProgress;
  }
}
