/** The journeys of locked records with JavaScript off. */

import { pointer } from './hands.ts';
import { journeys } from './locked.ts';

journeys({ script: false, hands: pointer });
