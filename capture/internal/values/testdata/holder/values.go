package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unsafe"
)

type point struct {
	X, Y int32
	name string
}

type tree struct {
	Left, Right *tree
	Val         int
	Tags        []string
}

type pair[K comparable, V any] struct {
	Key K
	Val V
	all map[K][]V
}

type wide struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R string }

type empty struct{}

var (
	vBool                = true
	vInt8        int8    = -8
	vUint16      uint16  = 65535
	vInt         int     = -1 << 60
	vFloat       float64 = math.Pi
	vFloat32     float32 = 1.5
	vComplex             = complex(1, -2)
	vString              = "hello, \x00 wörld"
	vEmptyString string
	vLongString  = strings.Repeat("0123456789", 5000)
	vSubString   string
	vUnsafe      = unsafe.Pointer(&vInt)
)

func basics() {
	vSubString = vLongString[3:8]
	hold("bool", &vBool)
	hold("int8", &vInt8)
	hold("uint16", &vUint16)
	hold("int", &vInt)
	hold("float64", &vFloat)
	hold("float32", &vFloat32)
	hold("complex128", &vComplex)
	hold("string", &vString)
	hold("string empty", &vEmptyString)
	hold("string long", &vLongString)
	hold("string part", &vSubString)
	hold("unsafe", &vUnsafe)
}

var (
	vBytes      = []byte("some bytes")
	vNilSlice   []int
	vEmptySlice = []int{}
	vInts       = []int{1, 2, 3}
	vSub        []int
	vStrings    = []string{"a", "", "ccc"}
	vNested     = [][]string{{"x"}, nil, {}, {"y", "z"}}
	vPoints     = []point{{1, 2, "p"}, {3, 4, "q"}}
	vArray      = [3]point{{5, 6, "r"}}
	vArrays     = [2][2]*int{{new(int), nil}, {nil, &vInt}}
	vZeroSize   = []empty{{}, {}}
	vStruct     = wide{A: "a", R: "r"}
	vPair       = pair[string, point]{"k", point{7, 8, "s"}, map[string][]point{"m": {{9, 10, "t"}}}}
	vSelfSlice  []any
)

func containers() {
	vSub = vInts[1:2]
	vSelfSlice = []any{1, nil}
	hold("bytes", &vBytes)
	hold("slice nil", &vNilSlice)
	hold("slice empty", &vEmptySlice)
	hold("slice", &vInts)
	hold("slice part", &vSub)
	hold("slice of strings", &vStrings)
	hold("slice nested", &vNested)
	hold("slice of structs", &vPoints)
	hold("array", &vArray)
	hold("arrays", &vArrays)
	hold("slice of nothing", &vZeroSize)
	hold("struct", &vStruct)
	hold("generic", &vPair)
}

var (
	vPtr       = &point{11, 12, "u"}
	vPtrPtr    = &vPtr
	vNilPtr    *point
	vTree      *tree
	vRing      *tree
	vInner     *int32
	vNothing   = &empty{}
	vStrPtr    = &vString
	vMapPtr    = &map[string]int{"in": 1}
	vSlicePtr  = &[]*point{{13, 14, "v"}, nil}
	vShared    [2]*point
	vListHead  *tree
	vDeepOnce  ***point
	vPtrSlices []*[]int
)

func pointers() {
	vTree = &tree{Val: 1, Left: &tree{Val: 2, Tags: []string{"l"}}, Right: &tree{Val: 3, Right: &tree{Val: 4}}}
	vRing = &tree{Val: 1}
	vRing.Left = &tree{Val: 2, Left: vRing, Right: vRing}
	vInner = &vPtr.Y
	vShared = [2]*point{vPtr, vPtr}
	pp := &vPtr
	vDeepOnce = &pp
	vPtrSlices = []*[]int{&vInts, nil, &vEmptySlice}
	hold("pointer", &vPtr)
	hold("pointer to pointer", &vPtrPtr)
	hold("pointer nil", &vNilPtr)
	hold("tree", &vTree)
	hold("ring", &vRing)
	hold("pointer into", &vInner)
	hold("pointer to nothing", &vNothing)
	hold("pointer to string", &vStrPtr)
	hold("pointer to map", &vMapPtr)
	hold("pointer to slice", &vSlicePtr)
	hold("shared", &vShared)
	hold("deep", &vDeepOnce)
	hold("pointers to slices", &vPtrSlices)
}

type stringer string

func (s stringer) String() string { return "never called" }

type direct struct{ p *point }

func (d direct) Error() string { return "never called" }

var (
	vAny       any
	vAnys      []any
	vErr       error
	vWrapped   error
	vReader    io.Reader
	vStringer  fmt.Stringer = stringer("s")
	vDirect    error        = direct{&point{1, 1, "d"}}
	vLocal     any
	vChain     any
	vInterface struct {
		io.Reader
		E error
	}
)

func interfaces() {
	type local struct {
		A int
		B string
	}
	vLocal = local{1, "b"}
	vErr = errors.New("failed")
	vWrapped = fmt.Errorf("more: %w", vErr)
	vReader = strings.NewReader("text")
	vAnys = []any{
		nil, 1, int8(2), "three", 4.5, []int{6}, map[string]int{"seven": 7}, &point{8, 9, "w"}, point{10, 11, "x"},
		struct{}{}, [1]*int{&vInt}, [2]int{1, 2}, struct{ p *string }{&vString}, true, complex64(1), uintptr(5), vErr, [0]int{},
		pair[int, error]{1, vErr, nil}, (*point)(nil), map[string]int(nil),
	}
	for i := range 10 {
		vChain = []any{i, vChain}
	}
	vInterface.E = vErr
	hold("any nil", &vAny)
	hold("anys", &vAnys)
	hold("error", &vErr)
	hold("error wrapped", &vWrapped)
	hold("reader", &vReader)
	hold("stringer", &vStringer)
	hold("direct", &vDirect)
	hold("local type", &vLocal)
	hold("boxes in boxes", &vChain)
	hold("embedded interface", &vInterface)
}

var (
	vFuncNil  func()
	vFunc     = strings.ToUpper
	vClosure  func() int
	vByRef    func() int
	vMethod   func() string
	vFuncs    []func(int) int
	vFuncMap  map[string]func() int
	vCounter2 int
)

func funcs() {
	p, n := &point{15, 16, "y"}, len(vStrings)+14
	vClosure = func() int { return int(p.X) + n }
	count := 41
	vByRef = func() int { count++; return count }
	vByRef()
	vMethod = stringer("bound").String
	for i := range 3 {
		vFuncs = append(vFuncs, func(x int) int { return x + i })
	}
	vFuncMap = map[string]func() int{"c": vClosure}
	hold("func nil", &vFuncNil)
	hold("func", &vFunc)
	const c = `main.funcs.func1{F p:&{X:15 Y:16 name:"y"} n:17}`
	told("closure", &vClosure, c)
	told("closure by reference", &vByRef, `main.funcs.func2{F count:42}`)
	told("method value", &vMethod, `main.stringer.String-fm{F .this:"bound"}`)
	told("closures", &vFuncs, `[main.funcs.func3{F i:0} main.funcs.func3{F i:1} main.funcs.func3{F i:2}]`)
	told("closures in a map", &vFuncMap, `map["c":`+c+`]`)
}
