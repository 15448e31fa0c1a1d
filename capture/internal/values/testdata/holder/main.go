// Holder holds values of all kinds, tells where they lie and what they are,
// and waits until its standard input ends. What it says of them comes from
// package reflect and from this file's own knowledge.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"runtime"
	"time"
	"unsafe"
)

// Value is one line of output.
type Value struct {
	Name  string
	Addr  uintptr // of the variable
	RType uintptr // descriptor of its type
	Want  string  // as render writes it
}

var (
	values []Value
	keep   []any // what the addresses in values rely on
)

// hold registers the variable p points to.
func hold[T any](name string, p *T) {
	var zero any = (*T)(nil)
	ptr := *(*unsafe.Pointer)(unsafe.Pointer(&zero)) // descriptor of *T
	elem := *(*uintptr)(unsafe.Add(ptr, 48))         // abi.PtrType.Elem
	keep = append(keep, p)
	values = append(values, Value{name, uintptr(unsafe.Pointer(p)), elem, render(reflect.ValueOf(p).Elem())})
}

// told registers a variable that reflect does not see into.
func told[T any](name string, p *T, want string) {
	hold(name, p)
	values[len(values)-1].Want = want
}

// blocked reports whether all goroutines of chans wait.
func blocked() bool {
	text := make([]byte, 1<<16)
	text = text[:runtime.Stack(text, true)]
	for state, n := range map[string]int{" [chan send]": 1, " [chan receive]": 2, " [select]": 1} {
		if bytes.Count(text, []byte(state)) != n {
			return false
		}
	}
	return true
}

func main() {
	basics()
	containers()
	maps()
	pointers()
	interfaces()
	funcs()
	chans()
	big()
	for !blocked() {
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	w := bufio.NewWriter(os.Stdout)
	e := json.NewEncoder(w)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			os.Exit(1)
		}
	}
	w.WriteString("\n")
	w.Flush()
	bufio.NewReader(os.Stdin).ReadString('\n')
	runtime.KeepAlive(keep)
}
