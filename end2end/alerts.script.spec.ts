/** The journeys of Alerts with a pointer and with script. */

import { pointer } from './hands.ts';
import { journeys } from './alerts.ts';

journeys({ script: true, hands: pointer });
