/* SPDX-License-Identifier: MIT */
#include "document.h"

struct document *document_pdf_create(GBytes *bytes, GError **error)
{
	g_set_error(error, DOCUMENT_ERROR, 0,
		"is PDF, which this gesso-demo was built without (meson option pdf)");
	return NULL;
}
