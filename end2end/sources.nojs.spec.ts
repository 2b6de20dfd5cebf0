/** The journeys of Sources with JavaScript off. */

import { pointer } from './hands.ts';
import { journeys } from './sources.ts';

journeys({ script: false, hands: pointer });
