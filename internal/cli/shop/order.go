package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Money is in cents.
type Money int64

// Line is one line of an order.
type Line struct {
	SKU   string
	Count int
	Price Money
}

// Order is what a customer sends.
type Order struct {
	ID       int64
	Customer *Customer
	Lines    []Line
	Coupons  []string
	Applied  map[string]Money // what each coupon took off
	Sum      Money
	Payment  Payment   `json:"-"`
	Received time.Time `json:"-"`
	Previous *Order    `json:"-"`
}

// Customer is who orders.
type Customer struct {
	Name    string
	Email   string
	Address struct{ Street, City, Country string }
	Tags    map[string]string
}

// Payment is how an order is paid.
type Payment interface{ Charge(Money) error }

// Card is a payment by card.
type Card struct {
	Holder string
	Last4  [4]byte
}

// Charge implements Payment.
func (c *Card) Charge(m Money) error {
	if m <= 0 {
		return fmt.Errorf("cannot charge %d cents to the card of %s", m, c.Holder)
	}
	return nil
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  *Page[T]
}

// Shop is the service's state.
type Shop struct {
	prices  map[string]Money
	coupons map[string]func(Money) Money // what each takes off
	used    map[string]int               // coupons, so far
	history Page[*Order]
	orders  chan *Order
	started time.Time
}

func newShop() *Shop {
	percent := func(n Money) func(Money) Money {
		return func(m Money) Money { return m * n / 100 }
	}
	s := &Shop{
		prices:  map[string]Money{"anvil": 4999, "rocket skates": 12900, "bird seed": 350},
		coupons: map[string]func(Money) Money{"ROADRUNNER": percent(15), "ACME": percent(5)},
		used:    map[string]int{"ACME": 7},
		orders:  make(chan *Order, 2),
		started: time.Now(),
	}
	first := &Order{ID: 1000, Lines: []Line{{"anvil", 2, 4999}}, Payment: &Card{"W. E. Coyote", [4]byte{'4', '2', '4', '2'}}}
	s.history = Page[*Order]{Items: []*Order{first}, Next: &Page[*Order]{}}
	return s
}

// checkout takes an order.
func (s *Shop) checkout(w http.ResponseWriter, r *http.Request) {
	var order Order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&order); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	order.Received = time.Now()
	order.Payment = &Card{Holder: order.Customer.Name, Last4: [4]byte{'1', '8', '8', '1'}}
	order.Previous = s.history.Items[len(s.history.Items)-1]
	s.total(&order)
	if err := order.Payment.Charge(order.Sum); err != nil {
		http.Error(w, err.Error(), http.StatusPaymentRequired)
		return
	}
	fmt.Fprintf(w, "order %d: %d cents, thanks to %q\n", order.ID, order.Sum, r.URL.Query().Get("campaign"))
}

// total finds out what the order costs when all its coupons are applied.
func (s *Shop) total(order *Order) {
	for i, line := range order.Lines {
		order.Lines[i].Price = s.prices[line.SKU]
		order.Sum += s.prices[line.SKU] * Money(line.Count)
	}
	for _, code := range order.Coupons {
		s.apply(order, code)
	}
}

// apply applies one coupon and remembers what it took off. The map is made
// nowhere: orders with a coupon crash.
func (s *Shop) apply(order *Order, code string) {
	rebate := s.coupons[code]
	if rebate == nil {
		return
	}
	off := rebate(order.Sum)
	order.Applied[code] = off
	order.Sum -= off
	s.used[code]++
}
