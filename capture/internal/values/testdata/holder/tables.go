package main

import (
	"fmt"
	"math"
	"reflect"
	"time"
)

type large [200]byte

type mapsOf[K comparable, V any] struct{ M []map[K]V }

// grown makes maps of many sizes, also after deletions.
func grown[K comparable, V any](name string, key func(int) K, elem func(int) V) {
	all := &mapsOf[K, V]{M: []map[K]V{nil, {}}}
	for _, n := range []int{1, 7, 8, 9, 15, 16, 100, 2000} {
		m := map[K]V{}
		for i := range n {
			m[key(i)] = elem(i)
		}
		all.M = append(all.M, m)
		less := map[K]V{}
		for i := range n {
			less[key(i)] = elem(i)
		}
		for i := 0; i < n; i += 3 {
			delete(less, key(i))
		}
		all.M = append(all.M, less)
	}
	cleared := map[K]V{}
	for i := range 50 {
		cleared[key(i)] = elem(i)
	}
	clear(cleared)
	all.M = append(all.M, cleared, make(map[K]V, 1000))
	hold("maps "+name, all)
}

var (
	vNaN     = map[float64]int{}
	vGrowing = map[int]string{}
	vSet     = map[struct{}]struct{}{{}: {}}
	vBig     = map[int]int{}
	vSelfMap = map[string]any{}
)

func maps() {
	str := func(i int) string { return fmt.Sprint("key", i) }
	num := func(i int) int { return i * 7 }
	grown("int int", num, num)
	grown("string string", str, str)
	grown("uint8 bool", func(i int) uint8 { return uint8(i) }, func(i int) bool { return i%2 == 0 })
	grown("string struct{}", str, func(int) struct{} { return struct{}{} })
	grown("large key", func(i int) large { return large{byte(i), byte(i >> 8)} }, num)
	grown("large elem", num, func(i int) large { return large{3: byte(i)} })
	grown("large both", func(i int) large { return large{byte(i), byte(i >> 8)} }, func(i int) large { return large{9: byte(i)} })
	grown("any any", func(i int) any {
		if i%2 == 0 {
			return i
		}
		return str(i)
	}, func(i int) any { return []any{i, nil, str(i)}[i%3] })
	grown("struct pointer", func(i int) point { return point{int32(i), 1, "p"} }, func(i int) *point { return &point{2, int32(i), str(i)} })
	grown("int map", num, func(i int) map[string]int { return map[string]int{str(i): i} })
	for i := range 20 {
		vNaN[math.NaN()] = 1
		vNaN[float64(i)] = 1
	}
	for i := range 10000 {
		vBig[i] = -i
	}
	hold("map NaN", &vNaN)
	hold("map of nothing", &vSet)
	hold("map of 10000", &vBig)
}

var (
	vChanNil    chan int
	vChan       = make(chan string, 4)
	vChanWrap   = make(chan int, 3)
	vChanClosed = make(chan *point, 2)
	vChanEmpty  = make(chan struct{}, 5)
	vRecvOnly   <-chan string
	vUnbuffered = make(chan point)
	vReceivers  = make(chan int)
	vSelect     = make(chan string)
)

func chans() {
	vChan <- "first"
	vChan <- "second"
	vRecvOnly = vChan
	for i := range 5 { // the ring wraps
		vChanWrap <- i
		if i >= 2 {
			<-vChanWrap
		}
	}
	vChanClosed <- &point{21, 22, "closed"}
	close(vChanClosed)
	vChanEmpty <- struct{}{}
	go func() { vUnbuffered <- point{23, 24, "sender"} }()
	for range 2 {
		go func() { <-vReceivers }()
	}
	go func() {
		select {
		case vSelect <- "selected":
		case <-vReceivers:
		case <-time.After(time.Hour):
		}
	}()
	hold("chan nil", &vChanNil)
	told("chan", &vChan, `chan 2/4["first" "second"]`)
	told("chan wrapped", &vChanWrap, `chan 2/3[3 4]`)
	told("chan closed", &vChanClosed, `chan 1/2[&{X:21 Y:22 name:"closed"}] closed`)
	told("chan empty", &vChanEmpty, `chan 1/5[{}]`)
	told("chan receive only", &vRecvOnly, `chan 2/4["first" "second"]`)
	told("chan sender", &vUnbuffered, `chan 0/0[] send[{X:23 Y:24 name:"sender"}]`)
	told("chan receivers", &vReceivers, `chan 0/0[] recv[0 0 0]`)
	told("chan select", &vSelect, `chan 0/0[] send["selected"]`)
}

var (
	vList   *node
	vHuge   [1 << 17]uint64
	vMade   any
	vPlaces [40]any
)

type node struct {
	next *node
	val  int
}

func big() {
	for i := range 1000 {
		vList = &node{vList, i}
	}
	for i := range vHuge {
		vHuge[i] = uint64(i)
	}
	// Types that only package reflect made.
	st := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[int]()}, {Name: "B", Type: reflect.TypeFor[[]string]()},
	})
	v := reflect.New(st).Elem()
	v.Field(0).SetInt(31)
	v.Field(1).Set(reflect.ValueOf([]string{"made"}))
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[uint16](), st))
	for i := range 30 {
		m.SetMapIndex(reflect.ValueOf(uint16(i)), v)
	}
	vMade = []any{v.Interface(), m.Interface(), reflect.New(reflect.ArrayOf(3, st)).Interface()}
	hold("list", &vList)
	hold("types made by reflect", &vMade)
}
