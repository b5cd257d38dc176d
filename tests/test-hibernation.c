/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of format/swap.c and of the step that gives up a saved state. */
#include <config.h>

#include "format/swap.h"
#include "step/step.h"
#include "suite.h"

static const struct {
	const char *signature;
	size_t page, len; /* bytes of the head that was read */
	bool is_hibernated;
} heads[] = {
	{ "S1SUSPEND", 4096, SWAP_PAGE_MAX, true },
	{ "S1SUSPEND", 4096, 4096, true },
	{ "S1SUSPEND", 4096, 4095, false },
	{ "S2SUSPEND", 8192, SWAP_PAGE_MAX, true },
	{ "ULSUSPEND", 16384, SWAP_PAGE_MAX, true },
	{ "LINHIB0001", 65536, SWAP_PAGE_MAX, true },
	{ "LINHIB0001", 65536, 32768, false },
	{ "\355\303\002\351\230\126\345\014", 4096, SWAP_PAGE_MAX, true },
	{ "SWAPSPACE2", 4096, SWAP_PAGE_MAX, false },
	{ "SWAP-SPACE", 4096, SWAP_PAGE_MAX, false },
	{ "S1SUSPENS", 4096, SWAP_PAGE_MAX, false },
	{ "", 4096, 0, false },
};

START_TEST(test_head)
{
	CLEANUP_FREE char *head = calloc(1, SWAP_PAGE_MAX);
	size_t at = heads[_i].page - SWAP_SIGNATURE_LEN, offset = 0;

	ck_assert_ptr_nonnull(head);
	memcpy(head + at, heads[_i].signature, strlen(heads[_i].signature));
	ck_assert_int_eq(swap_is_hibernated(head, heads[_i].len, &offset),
			 heads[_i].is_hibernated);
	ck_assert_uint_eq(offset, heads[_i].is_hibernated ? at : 0);
}
END_TEST

static struct hibernation hibernations[] = {
	{ (char[]){ "disk1p2" }, 4086, "S1SUSPEND" },
	{ (char[]){ "/swapfile" }, 65526, "LINHIB000" },
};

START_TEST(test_discard)
{
	const struct guest g = { .hibernations = hibernations, .n_hibernations = 2 };
	const struct request q = { .discard_hibernation = _i };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(step_hibernation.plan(&g, &q, &p, &err), 0);
	ck_assert_uint_eq(p.n_edits, _i ? 2 : 0);
	ck_assert_uint_eq(p.n_warnings, _i ? 2 : 0);
	for (size_t i = 0; i < p.n_edits; i++) {
		ck_assert_int_eq(p.edits[i].action, EDIT_PATCH);
		ck_assert_str_eq(p.edits[i].path, hibernations[i].path);
		ck_assert_uint_eq(p.edits[i].offset, hibernations[i].offset);
		ck_assert_mem_eq(p.edits[i].before.data, hibernations[i].signature, 10);
		ck_assert_str_eq(p.edits[i].data.data, "SWAPSPACE2");
		ck_assert_uint_eq(p.edits[i].data.len, 10);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hibernation");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_head, 0, (int)ARRAY_SIZE(heads));
	tcase_add_loop_test(tc, test_discard, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
