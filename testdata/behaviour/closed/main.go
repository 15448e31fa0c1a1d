// Closed captures itself where ways to do so are closed:
//
//	closed DIR CONDITION...
//
// brings the conditions about, in their order, lets a request fail, and says
// what became of its dump: "dump PATH" or "error TEXT". Then it shows that it
// still works, and captures again, into "again PATH" or "again error TEXT".
// A condition is a name or name=value, see conditions.go.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
)

// order is what a request is about: every kind of value, at known places.
type order struct {
	ID       int
	Customer *customer
	Lines    []line
	Notes    map[string]string
	Next     *order
	Any      any
}

type customer struct {
	Name  string
	Phone []string
}

type line struct {
	SKU   string
	Count int
}

var (
	stock   = map[string]int{"anvil": 3, "rocket skates": 1}
	release = make(chan struct{})
	out     = os.Stdout
	options []dump.Option
)

func main() {
	dir := os.Args[1]
	if err := dump.Configure(dump.Timeout(time.Hour)); err != nil { // what hangs, the test ends
		panic(err)
	}
	options = append(options, dump.Dir(dir))
	for i := range 20 {
		go clerk(i, newOrder(100+i))
	}
	settle.In("chan receive", 20)
	for _, c := range os.Args[2:] {
		name, value, _ := strings.Cut(c, "=")
		f := conditions[name]
		if f == nil {
			fmt.Fprintln(os.Stderr, "no condition", name)
			os.Exit(2)
		}
		if err := f(value); err != nil {
			fmt.Fprintf(out, "skip %s: %v\n", c, err)
			return
		}
	}
	fmt.Fprintln(out, handle(newOrder(1042)))
	if got := work(); got != 5050 {
		fmt.Fprintln(out, "the program works no longer:", got)
	}
	for _, undo := range undone {
		undo()
	}
	fmt.Fprintln(out, "again", handle(newOrder(1043)))
	runtime.KeepAlive(ballast)
}

func newOrder(id int) *order {
	o := &order{ID: id, Customer: &customer{"Wile E. Coyote", []string{"555-0100", "555-0101"}},
		Lines: []line{{"anvil", id}, {"bird seed", 12}}, Notes: map[string]string{"gift": "no", "hurry": "yes"}}
	o.Next = &order{ID: id + 1, Any: o.Customer}
	return o
}

// clerk waits with an order in hand.
//
//go:noinline
func clerk(i int, o *order) {
	total := 0
	for _, l := range o.Lines {
		total += l.Count
	}
	<-release
	runtime.KeepAlive(o)
	fmt.Fprintln(out, i, total)
}

// compare captures three times from one place: in the best way, through a pipe
// and by copying.
func compare(string) error {
	for _, ways := range []string{"", "direct", "clone"} {
		_ = refuse(ways)
		path, err := dump.Snapshot("compare"+ways, options...)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "dump", path)
	}
	os.Exit(0)
	return nil
}

// handle fails, and says what became of the dump.
//
//go:noinline
func handle(o *order) (said string) {
	defer func() {
		cause := recover()
		path, err := dump.Capture(cause, options...)
		if err != nil {
			said += fmt.Sprintf("error %s: %v ", class(err), err)
		}
		if path != "" {
			said += "dump " + path
		}
	}()
	var discounts map[string]int
	discounts[o.Customer.Name] = o.ID
	runtime.KeepAlive(o)
	return "no panic"
}

// class names the documented classes that an error belongs to.
func class(err error) string {
	var names []string
	for name, target := range map[string]error{
		"part": dump.ErrPart, "toomany": dump.ErrTooMany, "memory": dump.ErrMemory,
		"exist": fs.ErrExist, "notexist": fs.ErrNotExist, "permission": fs.ErrPermission, "full": syscall.ENOSPC, "files": syscall.EMFILE,
		"readonly": syscall.EROFS, "toobig": syscall.EFBIG,
	} {
		if errors.Is(err, target) {
			names = append(names, name)
		}
	}
	return "[" + strings.Join(names, " ") + "]"
}

// work needs goroutines, memory and the collector.
func work() int {
	results := make(chan int)
	for i := 1; i <= 100; i++ {
		go func() { results <- len(make([]byte, i)) }()
	}
	sum := 0
	for range 100 {
		sum += <-results
	}
	runtime.GC()
	return sum
}
