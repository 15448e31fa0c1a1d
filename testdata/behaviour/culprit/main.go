// Culprit panics in many ways and captures each panic into a file of the
// directory that is its argument. The line that is to blame for the panic NAME
// ends in "// culprit: NAME", behind it the function where that is not the
// one around it.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"unsafe"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

type point struct{ X, Y int }

// The values that make the panics, where the compiler does not look.
var (
	zero    int
	six         = 6
	text    any = "text"
	numbers     = []int{1, 2, 3}
	nowhere *point
	nothing map[string]int
	closed  = make(chan int)
	noFunc  func()
)

//go:noinline
func explicit() { panic(errors.New("explicit")) } // culprit: explicit

//go:noinline
func nilDereference(p *point) int { return p.Y + 1 } // culprit: nilDereference

//go:noinline
func nilStore(p *point) { p.Y = six } // culprit: nilStore

//go:noinline
func index(i int) int { return numbers[i] } // culprit: index

//go:noinline
func sliceBounds(i int) []int { return numbers[i:] } // culprit: sliceBounds

//go:noinline
func toArray(s []int) [4]int { return [4]int(s) } // culprit: toArray

//go:noinline
func nilMap() { nothing["a"] = 1 } // culprit: nilMap

//go:noinline
func badKey(m map[any]int) int { return m[numbers] } // culprit: badKey

//go:noinline
func divide(by int) int { return six / by } // culprit: divide

//go:noinline
func shift(by int) int { return 1 << by } // culprit: shift

//go:noinline
func makeNegative(n int) []int { return make([]int, n) } // culprit: makeNegative

//go:noinline
func assertion() int { return text.(int) } // culprit: assertion

//go:noinline
func assertMethods() error { return text.(error) } // culprit: assertMethods

//go:noinline
func compare(a, b any) bool { return a == b } // culprit: compare

//go:noinline
func sendClosed() { closed <- 1 } // culprit: sendClosed

//go:noinline
func closeAgain() { close(closed) } // culprit: closeAgain

//go:noinline
func callNil() { noFunc() } // culprit: callNil

//go:noinline
func wildPointer() int { return *(*int)(unsafe.Pointer(uintptr(six) << 40)) } // culprit: wildPointer

//go:noinline
func repeat(n int) string { return strings.Repeat("x", n) } // culprit: repeat

//go:noinline
func logPanic() { log.New(os.NewFile(^uintptr(0), ""), "", 0).Panicf("n=%d", six) } // culprit: logPanic

//go:noinline
func reflection() int { return reflect.ValueOf(six).NumField() } // culprit: reflection

// Reflection calls this one.
func called(n int) int { return numbers[n] } // culprit: called

func must(err error) {
	if err != nil {
		panic(err) // culprit: inlined main.must
	}
}

func positive(n int) int {
	must(errors.New("not positive")) // inlined in inlined
	return n
}

//go:noinline
func inlined(n int) int { return positive(n - 10) }

type speaker interface{ Speak(n int) string }

type dog struct{ names []string }

func (d dog) Speak(n int) string { return d.names[n] } // culprit: method main.dog.Speak

//go:noinline
func speak(s speaker) string { return s.Speak(six) } // culprit: nilReceiver main.speak

//go:noinline
func first[T any](list []T) T {
	return list[0] // culprit: generic main.first[...]
}

type stack[T any] struct{ list []T }

func (s *stack[T]) pop() T {
	top := s.list[len(s.list)-1] // culprit: genericMethod main.(*stack[...]).pop
	return top
}

func upTo(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

//go:noinline
func rangeBody() (sum int) {
	for i := range upTo(9) {
		sum += numbers[i] // culprit: rangeBody main.rangeBody-range1
	}
	return sum
}

//go:noinline
func sorting() {
	slices.SortFunc(numbers, func(a, b int) int {
		return a / zero // culprit: sorting main.sorting.func1
	})
}

//go:noinline
func deferred() {
	defer func() {
		panic("second") // culprit: deferred main.deferred.func1
	}()
	panic("first")
}

//go:noinline
func afterRecovered() {
	func() {
		defer func() { _ = recover() }()
		panic("recovered")
	}()
	panic("after") // culprit: afterRecovered
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		panic("deep") // culprit: deep
	}
	return deep(n-1) + 1
}

//go:noinline
func literal() {
	func(n int) {
		panic(n) // culprit: literal main.literal.func1
	}(six)
}

var ways = map[string]func(){
	"explicit":       explicit,
	"nilDereference": func() { nilDereference(nowhere) },
	"nilStore":       func() { nilStore(nowhere) },
	"index":          func() { index(six) },
	"sliceBounds":    func() { sliceBounds(six) },
	"toArray":        func() { toArray(numbers) },
	"nilMap":         nilMap,
	"badKey":         func() { badKey(map[any]int{1: 1}) },
	"divide":         func() { divide(zero) },
	"shift":          func() { _ = shift(zero - 1) },
	"makeNegative":   func() { _ = makeNegative(zero - 1) },
	"assertion":      func() { assertion() },
	"assertMethods":  func() { _ = assertMethods() },
	"compare":        func() { compare(numbers, numbers) },
	"sendClosed":     sendClosed,
	"closeAgain":     closeAgain,
	"callNil":        callNil,
	"wildPointer":    func() { wildPointer() },
	"repeat":         func() { _ = repeat(zero - 1) },
	"logPanic":       logPanic,
	"reflection":     func() { reflection() },
	"called":         func() { reflect.ValueOf(called).Call([]reflect.Value{reflect.ValueOf(six)}) },
	"inlined":        func() { inlined(six) },
	"method":         func() { speak(dog{}) },
	"nilReceiver":    func() { speak((*dog)(nil)) },
	"generic":        func() { first([]string{}) },
	"genericMethod":  func() { new(stack[point]).pop() },
	"rangeBody":      func() { rangeBody() },
	"sorting":        sorting,
	"deferred":       deferred,
	"afterRecovered": afterRecovered,
	"deep":           func() { deep(50) },
	"literal":        literal,
}

// capture runs one way in a goroutine of its own.
func capture(dir, name string, way func()) {
	done := make(chan error)
	go func() {
		defer func() {
			_, err := dump.Capture(recover(), dump.File(filepath.Join(dir, name+".dump")), dump.Depth(1))
			done <- err
		}()
		debug.SetPanicOnFault(true)
		way()
	}()
	if err := <-done; err != nil {
		given.Check(fmt.Errorf("%s: %w", name, err))
	}
}

// goroutine panics in a function literal that a go statement starts.
func goroutine(dir string) {
	done := make(chan error)
	go func(file string) {
		defer func() {
			_, err := dump.Capture(recover(), dump.File(file))
			done <- err
		}()
		var p *point
		p.X = len(file) // culprit: goroutine main.goroutine.func1
	}(filepath.Join(dir, "goroutine.dump"))
	given.Check(<-done)
}

func main() {
	close(closed)
	for name, way := range ways {
		capture(given.Argument(), name, way)
	}
	goroutine(given.Argument())
}
