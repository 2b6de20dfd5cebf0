/** The journeys of locked records with script. */

import { pointer } from './hands.ts';
import { journeys } from './locked.ts';

journeys({ script: true, hands: pointer });
