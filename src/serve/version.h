/* version.h: what this program calls itself: in entries (mission.InForce), logs, crash reports and the package. The number stands in meson.build. */
#ifndef SERVE_VERSION_H
#define SERVE_VERSION_H

/* "chancery 0.1". */
extern const char version_program[];

enum { VERSION_BUILD_BYTES = 41 };

/* The build id that the linker gave this executable, in hexadecimal: it names the file that has the symbols of its crash reports. */
void version_build(char ret_build[VERSION_BUILD_BYTES]);

#endif
