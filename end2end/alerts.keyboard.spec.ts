/** The journeys of Alerts with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './alerts.ts';

journeys({ script: true, hands: keyboard });
