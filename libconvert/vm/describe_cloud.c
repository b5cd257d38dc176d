/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Kubernetes, OpenStack and Google's cloud want to know, as JSON, which is YAML too. */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "vm/describe.h"

#define GIB (1ULL << 30)

static json_t *numbered(const char *prefix, size_t i)
{
	return json_sprintf("%s%zu", prefix, i + 1);
}

/* ---- KubeVirt, kubevirt.io/v1: staging/src/kubevirt.io/api/core/v1/{types,schema}.go ---- */

static json_t *kubevirt_disk(const struct described *d, size_t i)
{
	json_t *disk = json_pack("{so s{ss}}", "name", numbered("disk", i), "disk", "bus",
				 "virtio");

	if (disk && i == d->boot_disk)
		(void)json_object_set_new(disk, "bootOrder", json_integer(1));
	return disk;
}

/* It takes the image once it has been uploaded, by virtctl(1) for example. */
static json_t *kubevirt_volume(const struct described *d, size_t i)
{
	return json_pack("{so s{so}}", "name", numbered("disk", i),
			 "persistentVolumeClaim", "claimName",
			 json_sprintf("%.50s-disk%zu", d->name, i + 1));
}

/* There is one pod network; a further card needs a network of Multus, called as the card. */
static json_t *kubevirt_network(const struct described *d, size_t i)
{
	(void)d;
	if (i == 0)
		return json_pack("{so s{}}", "name", numbered("net", i), "pod");
	return json_pack("{so s{so}}", "name", numbered("net", i), "multus",
			 "networkName", numbered("net", i));
}

static json_t *kubevirt_interface(const struct described *d, size_t i)
{
	json_t *nic = json_pack("{so ss s{}}", "name", numbered("net", i), "model",
				"virtio", i == 0 ? "masquerade" : "bridge");

	if (nic && d->nics[i].mac)
		(void)json_object_set_new(nic, "macAddress", json_string(d->nics[i].mac));
	return nic;
}

static json_t *list(const struct described *d, size_t n,
		    json_t *(*item)(const struct described *d, size_t i))
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < n; i++)
		if (json_array_append_new(all, item(d, i)) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

/* clang-format off */
static json_t *kubevirt_domain(const struct described *d)
{
	json_t *loader = d->boots_by_uefi ? json_pack("{s{sb}}", "efi", "secureBoot", 0)
					  : json_pack("{s{}}", "bios");

	return json_pack("{s{si} s{so} s{ss} s{so} s{sb so so}}",
			 "cpu", "cores", (int)d->cpus,
			 "memory", "guest", json_sprintf("%uMi", d->memory_mib),
			 "machine", "type", "q35",
			 "firmware", "bootloader", loader,
			 "devices",
				"autoattachPodInterface", d->n_nics > 0,
				"disks", list(d, d->n_disks, kubevirt_disk),
				"interfaces", list(d, d->n_nics, kubevirt_interface));
}

int describe_kubevirt(const struct described *d, char **ret, struct cvt_error *err)
{
	return describe_json(
		json_pack("{ss ss s{ss} s{ss s{s{s{ss}} s{so so so}}}}",
			  "apiVersion", "kubevirt.io/v1",
			  "kind", "VirtualMachine",
			  "metadata", "name", d->name,
			  "spec",
				"runStrategy", "Halted",
				"template",
					"metadata", "labels", "kubevirt.io/vm", d->name,
					"spec",
						"domain", kubevirt_domain(d),
						"networks", list(d, d->n_nics, kubevirt_network),
						"volumes", list(d, d->n_disks, kubevirt_volume)),
		ret, err);
}
/* clang-format on */

/* ---- OpenStack: the body of POST /v2/images, whose further keys are properties; those of
 * hw_*: nova/objects/image_meta.py, class ImageMetaProps ----
 */

/* Where os-release(5) and the vocabulary of Glance, that of libosinfo, differ. */
static const char *os_distro(const char *id)
{
	static const char *const names[][2] = {
		{ "opensuse-leap", "opensuse" }, { "opensuse-tumbleweed", "opensuse" },
		{ "almalinux", "almalinux" },	 { "ol", "oraclelinux" },
		{ "amzn", "amazonlinux" },
	};

	for (size_t i = 0; id && i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i][0], id) == 0)
			return names[i][1];
	return id;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_is_null(value))
		json_decref(value);
	else
		(void)json_object_set_new(object, key, value);
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* Of the disk that boots: the others become volumes. */
int describe_openstack(const struct described *d, char **ret, struct cvt_error *err)
{
	const struct described_disk *disk = &d->disks[d->boot_disk];
	bool is_scsi = strcmp(d->disk_bus, "virtio-scsi") == 0;
	/* clang-format off */
	json_t *image = json_pack("{ss ss ss ss ss ss ss ss ss}",
			"name", d->name,
			"disk_format", strcmp(disk->format, "vpc") == 0 ? "vhd" : disk->format,
			"container_format", "bare",
			"architecture", "x86_64",
			"os_type", "linux",
			"hw_firmware_type", d->boots_by_uefi ? "uefi" : "bios",
			"hw_machine_type", "q35",
			"hw_disk_bus", is_scsi ? "scsi" : "virtio",
			"hw_vif_model", "virtio");
	/* clang-format on */

	if (!image)
		return error_nomem(err);
	if (is_scsi)
		set(image, "hw_scsi_model", json_string("virtio-scsi"));
	set(image, "os_distro", text_or_null(os_distro(d->os_id)));
	set(image, "os_version", text_or_null(d->os_version));
	if (disk->size > 0)
		set(image, "min_disk",
		    json_integer((json_int_t)((disk->size + GIB - 1) / GIB)));
	if (d->has_size)
		set(image, "min_ram", json_integer((json_int_t)d->memory_mib));
	return describe_json(image, ret, err);
}

/* ---- Google: an Image of Compute Engine, v1; its guestOsFeatures[].type ---- */

static int feature(json_t *list, const char *type)
{
	return json_array_append_new(list, json_pack("{ss}", "type", type));
}

/* Several queues came with Linux 3.17, as Google's table of operating systems has it. */
static bool has_queues(const struct described *d)
{
	const json_t *kernels = json_object_get(d->guest, "kernels");

	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const json_t *version =
			json_object_get(json_array_get(kernels, i), "version");
		unsigned major = 0, minor = 0;

		if (!version ||
		    sscanf(json_string_value(version) ?: "", "%3u.%3u", &major, &minor) !=
			    2 ||
		    major < 3 || (major == 3 && minor < 17))
			return false;
	}
	return json_array_size(kernels) > 0;
}

int describe_gce(const struct described *d, char **ret, struct cvt_error *err)
{
	json_t *features = json_array();
	int r = 0;

	if (has_queues(d) && describe_has_driver(d, "gce", "virtio_scsi"))
		r |= feature(features, "VIRTIO_SCSI_MULTIQUEUE");
	if (d->is_uefi)
		r |= feature(features, "UEFI_COMPATIBLE");
	if (describe_has_driver(d, "gce", "gve"))
		r |= feature(features, "GVNIC");
	if (r < 0 || !features) {
		json_decref(features);
		return error_nomem(err);
	}
	/* A name begins with a letter there. */
	return describe_json(
		json_pack("{so ss so}", "name",
			  json_sprintf("%s%.60s",
				       isdigit((unsigned char)d->name[0]) ? "vm-" : "",
				       d->name),
			  "architecture", "X86_64", "guestOsFeatures", features),
		ret, err);
}
