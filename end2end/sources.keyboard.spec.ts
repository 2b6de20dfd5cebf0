/** The journeys of Sources with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './sources.ts';

journeys({ script: true, hands: keyboard });
