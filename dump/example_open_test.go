package dump_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/gopostmortem/postmortem/dump"
)

// What a dump says of the crash: the cause, and the stack of the goroutine
// that failed with the values of its variables.
func ExampleOpen() {
	d, err := dump.Open("testdata/service.dump")
	if d == nil {
		log.Fatal(err)
	}
	defer d.Close()
	if errors.Is(err, dump.ErrTruncated) {
		fmt.Println("a part of the dump is missing:", err)
	}

	fmt.Println(d.Cause().Kind, d.Cause().Text)
	g, _ := d.Asked()
	for f := range g.Frames() {
		fmt.Printf("%s %s:%d\n", f.Function(), f.File(), f.Line())
		for _, v := range f.Variables() {
			if stub, absent := v.Value().Stub(); absent {
				fmt.Println("    ", v.Name(), stub)
			} else if n, ok := v.Value().Int(); ok {
				fmt.Println("    ", v.Name(), n)
			} else {
				fmt.Println("    ", v.Name(), v.Type())
			}
		}
	}
	// Output:
	// panic boom
	// main.parse /src/main.go:12
	//      n 21
	//      k 31
	// main.handle /src/main.go:20
	//      req *int
	//      total 55
	//      late (int) [not yet declared]
	//      gone (int) [optimized out]
	// main.main /src/gen.go:40
}

// Values that are absent say why.
func ExampleValue_Stub() {
	d, _ := dump.Open("testdata/service.dump")
	if d == nil {
		return
	}
	defer d.Close()
	g, _ := d.Asked()
	f, _ := g.Frame(1)
	for _, v := range f.Variables() {
		if stub, absent := v.Value().Stub(); absent {
			fmt.Println(v.Name(), "is absent:", stub.Reason)
		}
	}
	// Output:
	// late is absent: not yet declared
	// gone is absent: optimized out
}
