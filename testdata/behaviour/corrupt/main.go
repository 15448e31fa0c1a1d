// Corrupt fails after its memory, or the file of its debug information, was
// damaged, and captures itself:
//
//	corrupt DIR DAMAGE
//
// It says what became of its dump, "dump PATH" or "error TEXT", and captures
// again, into "again dump PATH" or "again error TEXT". DAMAGE is that of the
// cause, or truncate=FILE.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
)

// nowhere is an address that is not mapped.
const nowhere = 0x7ead00000000

// liar is an error whose method reads what is not there.
type liar struct{ text *string }

func (l liar) Error() string { return *l.text }

// header is a string or the beginning of a slice.
type header struct {
	data uintptr
	len  int
}

// face is an interface.
type face struct{ typ, data uintptr }

func bad[T any, B any](b B) T { return *(*T)(unsafe.Pointer(&b)) }

var causes = map[string]func() any{
	"string":    func() any { return bad[string](header{nowhere, 1000}) },
	"long":      func() any { return bad[string](header{nowhere, 1 << 62}) },
	"interface": func() any { return bad[any](face{nowhere, nowhere}) },
	"error":     func() any { return liar{bad[*string](uintptr(nowhere))} },
	"text":      func() any { return liar{&[]string{bad[string](header{nowhere, 1000})}[0]} },
	"truncate":  truncate,
}

// truncate captures, so that the file of debug information is in use, and takes
// its content away.
func truncate() any {
	fmt.Println(capture(nil))
	_, file, _ := strings.Cut(os.Args[2], "=")
	if err := os.Truncate(file, 0); err != nil {
		fmt.Println(err)
	}
	return "truncated"
}

func capture(cause any) string {
	path, err := dump.Capture(cause, dump.Dir(os.Args[1]), dump.Timeout(time.Hour))
	if err != nil {
		return strings.TrimSpace(fmt.Sprintf("error %v %s", err, path))
	}
	return "dump " + path
}

func main() {
	name, _, _ := strings.Cut(os.Args[2], "=")
	cause := causes[name]()
	said := capture(cause)
	fmt.Println(said)
	runtime.GC()
	fmt.Println("again", capture("sound"))
	runtime.KeepAlive(cause)
}
