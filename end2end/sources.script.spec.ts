/** The journeys of Sources with script. */

import { pointer } from './hands.ts';
import { journeys } from './sources.ts';

journeys({ script: true, hands: pointer });
