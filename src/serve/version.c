#include "serve/version.h"

#include "gen/version.h"

const char version_program[] = "chancery " VERSION;
