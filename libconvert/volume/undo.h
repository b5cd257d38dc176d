/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VOLUME_UNDO_H
#define VOLUME_UNDO_H

#include "volume/redo.h"

/* The way back, with sources open and files not. */
int undo_read(const char *path, struct redo *ret, struct cvt_error *err);

#endif
