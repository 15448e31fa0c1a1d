package restore_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/restore"
)

// What expressions give at the culprit of sample.Service.
var evalTests = []struct{ expr, want string }{
	// Names, fields, promotion, pointers.
	{`i`, `5`}, {`name`, `"inner"`}, {`counter`, `12`}, {`main.counter`, `12`}, {`(i)`, `5`},
	{`r.ID`, `2`}, {`(*r).ID`, `2`}, {`r.Prev.Prev.Prev.Path`, `"/first"`}, {`s.Name`, `"api"`}, {`s.Base.Name`, `"api"`},
	{`store.Default.Name`, `"api"`}, {`"example.com/svc/store".Default.Name`, `"api"`},
	{`*&r.ID`, `2`}, {`&r.ID == &r.Prev.Prev.ID`, `true`}, {`r.Prev.Prev == r`, `true`}, {`r.Prev == r`, `false`},
	{`runtime.frame(2).n`, `40`}, {`runtime.curg.goid`, `7`},
	// Interfaces.
	{`r.Err.msg`, `"wrapped: inner"`}, {`r.Err.err.s`, `"inner"`}, {`r.Err.(*fmt.wrapError).msg`, `"wrapped: inner"`},
	{`r.Err.(data).msg`, `"wrapped: inner"`}, {`r.Err != nil`, `true`}, {`r.Prev.Err == nil`, `true`}, {`r.Err == r.Err`, `true`},
	// Indexes and slices.
	{`numbers[2]`, `3`}, {`numbers[i-4]`, `2`}, {`numbers[1:]`, `[]int len: 2, cap: 2, [2,3]`}, {`numbers[:2]`, `[]int len: 2, cap: 3, [1,2]`},
	{`numbers[1:3][1:]`, `[]int len: 1, cap: 1, [3]`}, {`numbers[1:2][0:2][1]`, `3`}, {`numbers[1:1]`, `[]int len: 0, cap: 2, []`},
	{`r.Header["Accept"][1]`, `"*/*"`}, {`r.Header["Accept"]`, `[]string len: 2, cap: 2, ["text/html","*/*"]`},
	{`r.Header[1:]`, `map[string][]string ["X-Trace": ["abc"], ,...+1 more]`},
	{`r.Path[1:7]`, `"orders"`}, {`r.Path[:7][1:][0:2]`, `"or"`}, {`r.Path[0]`, `47`}, {`"abc"[1]`, `98`}, {`"abc"[1:]`, `"bc"`},
	// Functions of the language.
	{`len(numbers)`, `3`}, {`cap(numbers)`, `3`}, {`len(r.Header)`, `2`}, {`len(r.Path) > 80`, `true`}, {`cap(s.Jobs)`, `4`}, {`len(s.Jobs)`, `0`},
	{`min(3, i, 9)`, `3`}, {`max("a", "b")`, `"b"`}, {`real(1.5+2i)`, `1.5`}, {`imag(1.5+2i)`, `2`}, {`complex(1, 2)`, `(1 + 2i)`}, {`s.Jobs.closed`, `false`},
	// Arithmetic.
	{`i + 1`, `6`}, {`i * 2 % 4`, `2`}, {`7 / 2`, `3`}, {`7 / 2.0`, `3.5`}, {`-i`, `-5`}, {`^i`, `-6`}, {`i << 2`, `20`}, {`i >> 1`, `2`},
	{`i &^ 1 | 8`, `12`}, {`1 << 70`, `1180591620717411303424`}, {`"a" + name`, `"ainner"`}, {`!true`, `false`}, {`true && i == 5`, `true`},
	{`false && nosuch`, `false`}, {`true || nosuch`, `true`}, {`name < "z"`, `true`}, {`name != "inner"`, `false`}, {`s.Color == 3`, `true`}, {`s.Color == main.Red|Green`, `true`}, {`main.Blue`, `4`}, {`0x10`, `16`}, {`'a'`, `97`},
	{`uint8(200) + uint8(100)`, `44`}, {`int8(-128) - int8(1)`, `127`}, {`nil == nil`, `true`}, {`nil`, `nil`},
	// Conversions.
	{`uint8(300)`, `44`}, {`int(3.9)`, `3`}, {`float64(i) / 2`, `2.5`}, {`string(r.Path[1])`, `"o"`}, {`[]byte("abc")`, `[]uint8 len: 3, cap: 3, [97,98,99]`},
	{`[]rune("äb")`, `[]int32 len: 2, cap: 2, [228,98]`}, {`string(numbers[0])`, `"\x01"`}, {`main.Color(4)`, `Blue (4)`}, {`Color(4)`, `Blue (4)`},
	{`uintptr(0x10)`, `16`}, {`unsafe.Pointer(uintptr(16))`, `unsafe.Pointer(0x10)`}, {`(*main.Request)(0x10)`, `(*main.Request)(0x10)`},
	{`(*main.Request)(uintptr(r)).ID`, `2`}, {`("*main.Request")(uintptr(r)).ID`, `2`}, {`*(*int)(unsafe.Pointer(r))`, `2`},
	// Stubs are values until they are looked into.
	{`far`, `(*main.Request)(0xADDR) [depth limit]`}, {`gone`, `(int) [optimized out]`}, {`far == nil`, `false`}, {`far == r`, `false`},
	{`s.Jobs`, `chan int 0/4`}, {`fn`, `main.main.func1`}, {`fn != nil`, `true`},
}

func TestEval(t *testing.T) {
	scope := restore.NewSession(open(t, sample.Service())).Scope()
	for _, tt := range evalTests {
		r, err := scope.Eval(tt.expr)
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
			continue
		}
		if have := plain(r.Format(restore.LongConfig())); have != tt.want {
			t.Errorf("%s\n have %s\n want %s", tt.expr, have, tt.want)
		}
	}
}

// What can not be evaluated, and the class of the error.
var evalErrors = []struct {
	expr  string
	class error
	text  string
}{
	{`x..y`, restore.ErrSyntax, "expected selector"},
	{``, restore.ErrSyntax, ""},
	{`nosuch`, restore.ErrUnknown, "could not find symbol value for nosuch"},
	{`r.Nosuch`, restore.ErrUnknown, "r has no member Nosuch"},
	{`nosuch.X`, restore.ErrUnknown, "could not find symbol value for nosuch"},
	{`(*main.Nosuch)(0x10)`, restore.ErrUnknown, `could not find type "main.Nosuch" in the dump`},
	{`numbers[3]`, restore.ErrRange, "index out of bounds"},
	{`numbers[-1]`, restore.ErrRange, "index out of bounds"},
	{`numbers[2:1]`, restore.ErrRange, "index out of bounds"},
	{`numbers[0:9]`, restore.ErrRange, "index out of bounds"},
	{`"abc"[5]`, restore.ErrRange, "index out of bounds"},
	{`r.Header["No"]`, restore.ErrRange, "key not found"},
	{`r.Header[1]`, restore.ErrOperand, "can not convert 1 constant to string"},
	{`r.Header[9:]`, restore.ErrRange, "map index out of bounds"},
	{`runtime.frame(99).n`, restore.ErrRange, "invalid frame 99"},
	{`i.X`, restore.ErrOperand, "i (type int) has no member X"},
	{`nil.X`, restore.ErrOperand, "nil is not a struct"},
	{`*i`, restore.ErrOperand, `expression "i" (int) can not be dereferenced`},
	{`*nil`, restore.ErrNil, "nil can not be dereferenced"},
	{`r.Prev.Err.msg`, restore.ErrNil, "is nil"},
	{`r.Prev.Err.(data)`, restore.ErrNil, "interface conversion: error is nil"},
	{`r.Err.(*main.Request)`, restore.ErrOperand, "interface conversion: error is *fmt.wrapError, not *main.Request"},
	{`i.(data)`, restore.ErrOperand, `expression "i" not an interface`},
	{`i + "a"`, restore.ErrOperand, `can not convert "a" constant to int`},
	{`i + r.Path`, restore.ErrOperand, `mismatched types "int" and "string"`},
	{`r + r`, restore.ErrOperand, "operator + can not be applied"},
	{`numbers == numbers`, restore.ErrOperand, "can not compare slice variables"},
	{`i == nil`, restore.ErrOperand, "can not compare int to nil"},
	{`1 / 0`, restore.ErrOperand, "division by zero"},
	{`1 % (i - 5)`, restore.ErrOperand, "division by zero"},
	{`1.5 / 0.0`, restore.ErrOperand, "division by zero"},
	{`len(i)`, restore.ErrOperand, "invalid argument i (type int) for len"},
	{`len()`, restore.ErrOperand, "wrong number of arguments"},
	{`&i`, restore.ErrOperand, "can not take address"}, // it lies in a register
	{`&5`, restore.ErrOperand, "can not take address"},
	{`numbers[0:1:2]`, restore.ErrSyntax, "3-index slice"},
	{`1 << 100000`, restore.ErrTooMuch, "too large"},
	{strings.Repeat("(", 5000) + strings.Repeat(")", 5000), restore.ErrTooMuch, "longer than"},
	// Nothing is altered or run (B2.19).
	{`i = 6`, restore.ErrReadOnly, "nothing can be assigned"},
	{`i := 6`, restore.ErrReadOnly, "nothing can be assigned"},
	{`fn()`, restore.ErrReadOnly, "can not call fn"},
	{`s.Close()`, restore.ErrReadOnly, "can not call s.Close"},
	{`main.main()`, restore.ErrReadOnly, "can not call main.main"},
	{`fn(1)`, restore.ErrReadOnly, "can not call fn"},
	{`func() {}()`, restore.ErrReadOnly, "can not call"},
	{`<-s.Jobs`, restore.ErrOperand, "operator <- can not be applied"},
	// What is not in the dump.
	{`far.ID`, restore.ErrAbsent, "not in the dump: (main.Request) [depth limit]"},
	{`gone + 1`, restore.ErrAbsent, "not in the dump: (int) [optimized out]"},
	{`gone == 1`, restore.ErrAbsent, "not in the dump"},
	{`(*main.Request)(0x10).ID + 1`, restore.ErrAbsent, "not in the dump"},
}

func TestEvalErrors(t *testing.T) {
	scope := restore.NewSession(open(t, sample.Service())).Scope()
	for _, tt := range evalErrors {
		r, err := scope.Eval(tt.expr)
		if err == nil {
			t.Errorf("%.60s: no error but %s", tt.expr, r.Format(restore.LongConfig()))
			continue
		}
		if !errors.Is(err, tt.class) {
			t.Errorf("%.60s: %v is not of class %v", tt.expr, err, tt.class)
		}
		if !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%.60s: have %q, want %q", tt.expr, err, tt.text)
		}
	}
}

func TestFormatVerb(t *testing.T) {
	scope := restore.NewSession(open(t, sample.Service())).Scope()
	for _, tt := range []struct{ verb, expr, want string }{
		{"%x", "counter", "c"}, {"%#04x", "i", "0x0005"}, {"%b", "numbers", "[]int len: 3, cap: 3, [1,10,11]"}, {"%.1f", "2.25", "2.2"},
		{"%s", "name", "inner"}, {"%s", "hostile", `\x1b]0;owned\x07\u202egnp.\u009b31m\x7f\r`},
	} {
		r, err := scope.Eval(tt.expr)
		if err != nil {
			t.Fatal(err)
		}
		have, err := r.FormatVerb(tt.verb, restore.LongConfig())
		if err != nil {
			t.Fatal(err)
		}
		if have = strings.ReplaceAll(have, `\x9b`, `\u009b`); have != tt.want {
			t.Errorf("print %s %s: have %s, want %s", tt.verb, tt.expr, have, tt.want)
		}
	}
	r, _ := scope.Eval("i")
	for _, verb := range []string{"%", "%1000000d", "%d%d", "x"} {
		if _, err := r.FormatVerb(verb, restore.LongConfig()); !errors.Is(err, restore.ErrSyntax) {
			t.Errorf("print %s i: %v", verb, err)
		}
	}
}

type mask uint64

// A constant of an unsigned type may be larger than any signed number.
func TestUnsignedConstant(t *testing.T) {
	b, top := sample.New(), mask(1<<63)
	b.Consts(typeOf[mask](), model.Const{Name: "main.Top", Value: math.MinInt64})
	scope := frameOf(t, b, b.Local("m", &top))
	for expr, want := range map[string]string{"main.Top": "9223372036854775808", "m == Top": "true", "main.Top >> 60": "8"} {
		if r, err := scope.Eval(expr); err != nil || r.Format(restore.LongConfig()) != want {
			t.Errorf("%s is %v, %v; want %s", expr, r.Format(restore.LongConfig()), err, want)
		}
	}
}
