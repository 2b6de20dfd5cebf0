/** The journeys of Logs with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './logs.ts';

journeys({ script: true, hands: keyboard });
