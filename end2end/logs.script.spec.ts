/** The journeys of Logs with script. */

import { pointer } from './hands.ts';
import { journeys } from './logs.ts';

journeys({ script: true, hands: pointer });
