/** The journeys of Servers with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './servers.ts';

journeys({ script: true, hands: keyboard });
