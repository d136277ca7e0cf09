/* driver.h: `chancery driver osdp`: one process a line of readers.
 *
 * Speaks the driver contract (src/schema/contract.yaml) on its standard input and output, by the kit
 * (driver/kit/process.h): takes its settings, opens the line, locks itself in (base/sandbox.h), then lets the
 * panel run. What the panel tells becomes reports, orders become commands, cards that no core answers are
 * decided by the grant table (porter.h).
 */
#ifndef OSDP_DRIVER_H
#define OSDP_DRIVER_H

/* SIGTERM: it asks no reader any more, hands over what they are answering, waits for the core's word on it (half a second at most), and ends.
 *
 * The process's exit code: EXIT_OK then, and when the core closed the input or sent new settings, EXIT_DEVICE when the
 * line is gone or cannot be opened, EXIT_FAILED when the configuration cannot be used. */
int driver_osdp_main(void);

#endif
