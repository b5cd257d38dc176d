# SPDX-License-Identifier: LGPL-2.1-or-later
dist_pkgdata_DATA = tools/report-1.schema.json
