package sample

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Type describes a Go type of the test.
func (b *Builder) Type(t reflect.Type) model.TypeID {
	if id, ok := b.types[t]; ok {
		return id
	}
	rec := &model.Type{ID: model.TypeID(b.id("type")), Kind: model.Kind(t.Kind()), Name: b.typeName(t), Size: int64(t.Size())}
	b.types[t] = rec.ID
	b.defs = append(b.defs, rec)
	if t.Name() != "" {
		rec.Flags |= model.TypeNamed
	}
	switch t.Kind() {
	case reflect.Pointer:
		rec.Flags |= model.TypeDirect
		rec.Elem = b.Type(t.Elem())
	case reflect.Map:
		rec.Flags |= model.TypeDirect
		rec.Key, rec.Elem = b.Type(t.Key()), b.Type(t.Elem())
	case reflect.Chan:
		rec.Flags |= model.TypeDirect
		rec.Elem, rec.Dir = b.Type(t.Elem()), uint64(t.ChanDir())
	case reflect.Func, reflect.UnsafePointer:
		rec.Flags |= model.TypeDirect
	case reflect.Slice:
		rec.Elem = b.Type(t.Elem())
	case reflect.Array:
		rec.Elem, rec.Len = b.Type(t.Elem()), int64(t.Len())
	case reflect.Interface:
		if t.NumMethod() == 0 {
			rec.Flags |= model.TypeEmptyIface
		}
		for i := range t.NumMethod() {
			rec.Methods = append(rec.Methods, t.Method(i).Name)
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name := f.Name
			if tag, ok := f.Tag.Lookup("dwarf"); ok {
				name = tag // one that Go's syntax does not allow
			}
			rec.Fields = append(rec.Fields, model.Field{Name: name, Type: b.Type(f.Type), Offset: int64(f.Offset), Embedded: f.Anonymous})
		}
	}
	return rec.ID
}

// Consts declares constants of a named integer type.
func (b *Builder) Consts(t reflect.Type, consts ...model.Const) {
	id := b.Type(t)
	for _, rec := range b.defs {
		if r, ok := rec.(*model.Type); ok && r.ID == id {
			r.Consts = consts
		}
	}
}

// module is where the types of tests are. In the dump they are of package main.
const module = "github.com/gopostmortem/postmortem/"

// typeName names a type as DWARF does: with whole import paths.
func (b *Builder) typeName(t reflect.Type) string {
	if name, ok := b.names[t]; ok {
		return name
	}
	if t.Name() != "" {
		switch path := t.PkgPath(); {
		case path == "":
			return t.Name()
		case strings.HasPrefix(path, module):
			return "main." + t.Name()
		default:
			return path + "." + t.Name()
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + b.typeName(t.Elem())
	case reflect.Slice:
		return "[]" + b.typeName(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), b.typeName(t.Elem()))
	case reflect.Map:
		return "map[" + b.typeName(t.Key()) + "]" + b.typeName(t.Elem())
	case reflect.Chan:
		return t.ChanDir().String() + " " + b.typeName(t.Elem())
	}
	if t.Kind() != reflect.Struct {
		return t.String()
	}
	var fields []string
	for i := range t.NumField() {
		fields = append(fields, t.Field(i).Name+" "+b.typeName(t.Field(i).Type))
	}
	if fields == nil {
		return "struct {}"
	}
	return "struct { " + strings.Join(fields, "; ") + " }"
}

// sortedKeys gives the keys of a map in a fixed order.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	return keys
}
