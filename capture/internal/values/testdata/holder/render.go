package main

import (
	"fmt"
	"reflect"
	"runtime"
	"sort"
	"strings"
)

// render writes a value down; the test writes what it reads of the same value
// in the same way.
func render(v reflect.Value) string { return (&renderer{}).value(v) }

type renderer struct{ path []uintptr }

func (r *renderer) value(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return fmt.Sprint(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprint(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fmt.Sprint(v.Uint())
	case reflect.Float32, reflect.Float64:
		return fmt.Sprint(v.Float())
	case reflect.Complex64, reflect.Complex128:
		return fmt.Sprint(v.Complex())
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
		return r.list(v)
	case reflect.Array:
		return r.list(v)
	case reflect.Struct:
		var out []string
		for i := range v.NumField() {
			out = append(out, v.Type().Field(i).Name+":"+r.value(v.Field(i)))
		}
		return "{" + strings.Join(out, " ") + "}"
	case reflect.Map:
		if v.IsNil() {
			return "nil"
		}
		return r.entries(v)
	case reflect.Pointer:
		return r.pointer(v)
	case reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return "(" + r.value(v.Elem()) + ")"
	case reflect.Func:
		if v.IsNil() {
			return "nil"
		}
		return runtime.FuncForPC(v.Pointer()).Name()
	case reflect.Chan:
		if v.IsNil() {
			return "nil"
		}
		return fmt.Sprintf("chan %d/%d", v.Len(), v.Cap())
	case reflect.UnsafePointer:
		return fmt.Sprintf("%#x", v.Pointer())
	}
	return "?"
}

func (r *renderer) list(v reflect.Value) string {
	var out []string
	for i := range v.Len() {
		out = append(out, r.value(v.Index(i)))
	}
	return "[" + strings.Join(out, " ") + "]"
}

func (r *renderer) entries(v reflect.Value) string {
	var out []string
	for it := v.MapRange(); it.Next(); {
		out = append(out, r.value(it.Key())+":"+r.value(it.Value()))
	}
	sort.Strings(out)
	return "map[" + strings.Join(out, " ") + "]"
}

func (r *renderer) pointer(v reflect.Value) string {
	if v.IsNil() {
		return "nil"
	}
	for _, p := range r.path {
		if p == v.Pointer() {
			return "^"
		}
	}
	r.path = append(r.path, v.Pointer())
	out := "&" + r.value(v.Elem())
	r.path = r.path[:len(r.path)-1]
	return out
}
