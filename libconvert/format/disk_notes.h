/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device had which name, as other programs have noted it in files of the guest.  Each
 * reader calls @fn for each note, until that returns less than 0, and returns that.
 */
#ifndef FORMAT_DISK_NOTES_H
#define FORMAT_DISK_NOTES_H

/* @what: a mount point (disk_notes_fstab), or the UUID of the superblock. */
typedef int (*disk_notes_fn)(void *data, const char *spec, const char *what);

/* "# /home was on /dev/sdb1 during installation", by the installers of Debian and Ubuntu */
int disk_notes_fstab(const char *text, disk_notes_fn fn, void *data);

/* /etc/lvm/backup/VG: id and device of each physical volume */
int disk_notes_lvm(const char *text, disk_notes_fn fn, void *data);

/* /etc/blkid.tab, the cache of blkid(8) until util-linux 2.17 */
int disk_notes_blkid(const char *text, disk_notes_fn fn, void *data);

#endif
