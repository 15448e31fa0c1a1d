// Oddc has values that belong to C.
package main

/*
#include <stdlib.h>
#include <string.h>

struct point { int x, y; struct point *next; };

static struct point *make(int x, int y) {
	struct point *p = malloc(sizeof *p);
	p->x = x; p->y = y; p->next = p;
	return p;
}
*/
import "C"

import (
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

//go:noinline
func use(p *C.struct_point, text *C.char, raw unsafe.Pointer, n C.long, beside string) {
	if p.x == 3 {
		given.Fail(beside)
	}
	println(p, text, raw, n, beside)
}

func main() {
	defer func() {
		_, err := dump.Capture(recover(), given.Options()...)
		given.Check(err)
	}()
	use(C.make(3, 4), C.CString("from C"), C.malloc(64), 12, "beside")
}
