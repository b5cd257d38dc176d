/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engine of convert-image in a machine of its own: the isolation is there already. */
#include <config.h>

#include "engine/engine.h"

const struct engine_ops *const engines[] = { &engine_mount_ops, NULL };
