/** The journeys of locked records with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './locked.ts';

journeys({ script: true, hands: keyboard });
