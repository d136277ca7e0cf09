/* A program that differs from chancery in what it calls itself: the one that an upgrade upgrades to. */
#include "serve/version.h"

const char version_program[] = "chancery 999.next";
