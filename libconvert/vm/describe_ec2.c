/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amazon EC2.  "ec2" is RequestLaunchTemplateData, for `aws ec2 create-launch-template
 * --launch-template-data`; "ec2-import" has the requests that make an image of the disks:
 * ImportSnapshot for each, and RegisterImage.  Shapes of the API of 2016-11-15, tried by
 * tests/test-describe-ec2.py on those of botocore.
 */
#include <config.h>

#include <string.h>

#include "vm/describe.h"

#define GIB (1ULL << 30)
#define TIB_16 (16384ULL * GIB) /* the largest volume of gp3 */

/* To be replaced, since only the account knows: its bucket, and what an import has given. */
#define BUCKET "BUCKET"
#define SNAPSHOT "SNAPSHOT-%zu"

/* Sizes of general purpose, smallest first; all of them Nitro, with BIOS and UEFI. */
static const struct {
	const char *name;
	unsigned cpus, memory_mib;
} types[] = {
	{ "t3.small", 2, 2048 },       { "t3.medium", 2, 4096 },
	{ "t3.large", 2, 8192 },       { "m5.xlarge", 4, 16384 },
	{ "m5.2xlarge", 8, 32768 },    { "m5.4xlarge", 16, 65536 },
	{ "m5.8xlarge", 32, 131072 },  { "m5.12xlarge", 48, 196608 },
	{ "m5.16xlarge", 64, 262144 }, { "m5.24xlarge", 96, 393216 },
};

static const char *instance_type(const struct described *d)
{
	for (size_t i = 0; d->has_size && i < ARRAY_SIZE(types); i++)
		if (types[i].cpus >= d->cpus && types[i].memory_mib >= d->memory_mib)
			return types[i].name;
	return NULL;
}

/* The root is /dev/xvda, the others /dev/sdf to /dev/sdp, as the user guide recommends for
 * HVM images; the guest sees them all as NVMe.
 */
static json_t *device_name(const struct described *d, size_t i)
{
	size_t further = i < d->boot_disk ? i : i - 1;

	return i == d->boot_disk ? json_string("/dev/xvda")
				 : json_sprintf("/dev/sd%c", (int)('f' + further % 11));
}

static json_t *mapping(const struct described *d, size_t i, bool is_import)
{
	json_t *size = json_integer((json_int_t)((d->disks[i].size + GIB - 1) / GIB));
	json_t *ebs = json_pack("{so ss sb}", "VolumeSize", size, "VolumeType", "gp3",
				"DeleteOnTermination", 0);

	if (ebs && is_import)
		(void)json_object_set_new(ebs, "SnapshotId",
					  json_sprintf(SNAPSHOT, i + 1));
	return json_pack("{so so}", "DeviceName", device_name(d, i), "Ebs", ebs);
}

static json_t *mappings(const struct described *d, bool is_import)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < d->n_disks; i++)
		if (json_array_append_new(list, mapping(d, i, is_import)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* Addresses are given by the network there; what the image supports decides about ENA. */
static json_t *interfaces(const struct described *d)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < d->n_nics; i++)
		if (json_array_append_new(list,
					  json_pack("{si ss sb}", "DeviceIndex", (int)i,
						    "InterfaceType", "interface",
						    "DeleteOnTermination", 1)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int check_disks(const struct described *d, struct cvt_error *err)
{
	int r = describe_need_sizes(d, err);

	if (r == 0 && d->n_disks > 12)
		return error_raise(
			err, ERR_USAGE, NULL,
			"%zu disks are more than an image of EC2 has names for",
			d->n_disks);
	for (size_t i = 0; i < d->n_disks && r == 0; i++)
		if (d->disks[i].size > TIB_16)
			return error_raise(
				err, ERR_USAGE, NULL,
				"disk %zu is larger than the 16 TiB of a volume", i + 1);
	return r;
}

int describe_ec2(const struct described *d, char **ret, struct cvt_error *err)
{
	const char *type = instance_type(d);
	json_t *data;
	int r = check_disks(d, err);

	if (r < 0)
		return r;
	/* clang-format off */
	data = json_pack("{so s[{ss s[{ss ss}]}]}",
			 "BlockDeviceMappings", mappings(d, false),
			 "TagSpecifications",
				"ResourceType", "instance",
				"Tags", "Key", "Name", "Value", d->name);
	/* clang-format on */
	/* Without a list there is one, as every instance has. */
	if (data && d->n_nics > 0)
		(void)json_object_set_new(data, "NetworkInterfaces", interfaces(d));
	if (data && type)
		(void)json_object_set_new(data, "InstanceType", json_string(type));
	return describe_json(data, ret, err);
}

/* What ImportSnapshot takes; NULL: it does not. */
static const char *import_format(const char *format)
{
	static const char *const names[][2] = {
		{ "raw", "RAW" },
		{ "vmdk", "VMDK" },
		{ "vpc", "VHD" },
		{ "vhdx", "VHDX" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i][0], format) == 0)
			return names[i][1];
	return NULL;
}

static int imports(const struct described *d, json_t *list, struct cvt_error *err)
{
	for (size_t i = 0; i < d->n_disks; i++) {
		const struct described_disk *disk = &d->disks[i];
		const char *format = import_format(disk->format);
		int r;

		if (!format) {
			r = error_raise(err, ERR_USAGE, NULL,
					"EC2 does not import %s, the format of disk %zu",
					disk->format, i + 1);
			return error_remedy(err, r,
					    "convert with --output DIR --format raw");
		}
		if (json_array_append_new(
			    list, json_pack("{so s{ss s{ss ss}}}", "Description",
					    json_sprintf("%s disk %zu", d->name, i + 1),
					    "DiskContainer", "Format", format,
					    "UserBucket", "S3Bucket", BUCKET, "S3Key",
					    describe_base(disk->path))) < 0)
			return error_nomem(err);
	}
	return 0;
}

/* An image that BIOS and UEFI boot is booted by UEFI where the instance has it. */
static json_t *registration(const struct described *d)
{
	const char *mode = !d->is_uefi	? "legacy-bios"
			   : d->is_bios ? "uefi-preferred"
					: "uefi";

	/* clang-format off */
	return json_pack("{ss ss ss ss sb ss so}",
			 "Name", d->name,
			 "Architecture", "x86_64",
			 "VirtualizationType", "hvm",
			 "BootMode", mode,
			 "EnaSupport", describe_has_driver(d, "aws", "ena"),
			 "RootDeviceName", "/dev/xvda",
			 "BlockDeviceMappings", mappings(d, true));
	/* clang-format on */
}

int describe_ec2_import(const struct described *d, char **ret, struct cvt_error *err)
{
	json_t *list = json_array();
	int r = list ? check_disks(d, err) : error_nomem(err);

	if (r == 0)
		r = imports(d, list, err);
	if (r < 0) {
		json_decref(list);
		return r;
	}
	return describe_json(json_pack("{so so}", "ImportSnapshot", list, "RegisterImage",
				       registration(d)),
			     ret, err);
}
