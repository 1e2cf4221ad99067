// Package stack reads the tables, queues and keys out of template.yaml, and makes them against an endpoint. So the local
// gateway and the tests run on what is deployed, described once.
//
// It is strict: on resources of DynamoDB, SQS and KMS, whatever it does not understand is an error that names the line.
// Other resources are none of its business.
package stack

import "time"

// Stack is what the template makes of these three services under one stack name. Resources stand in template order.
type Stack struct {
	Name   string // of the stack: the prefix of the names of its resources
	Tables []Table
	Queues []Queue
	Keys   []Key
}

// Table is an AWS::DynamoDB::Table, on demand.
type Table struct {
	LogicalID  string
	Name       string
	PrimaryKey PrimaryKey
	Indexes    []Index
	TimeToLive string // the attribute, in Unix seconds; empty if items do not expire
	Stream     string // the view type, such as "NEW_IMAGE"; empty without a stream
	KMSKey     string // the logical id of the key that encrypts it; empty for one of AWS's own

	PointInTimeRecovery bool
	DeletionProtection  bool
}

// PrimaryKey is that of a table or an index.
type PrimaryKey struct {
	Partition Attribute
	Sort      Attribute // the zero value where there is none
}

// Attribute is one that a key is made of.
type Attribute struct {
	Name string
	Type string // "S", "N" or "B"
}

// Index is a global secondary one.
type Index struct {
	Name       string
	PrimaryKey PrimaryKey
	Projection string   // "ALL", "KEYS_ONLY" or "INCLUDE"
	Include    []string // the attributes of an INCLUDE
}

// Queue is an AWS::SQS::Queue.
type Queue struct {
	LogicalID  string
	Name       string
	Delay      time.Duration // of each message, before it can be received
	Visibility time.Duration // how long a received message is hidden
	Retention  time.Duration // how long a message is kept
	Wait       time.Duration // how long a receive waits for a message
	Redrive    Redrive       // the zero value where there is none
	Encryption string        // "SQS", or the logical id of a key; empty for the default of SQS
}

// Redrive says where a message goes that has been received too often.
type Redrive struct {
	DeadLetters string // the logical id of a queue
	MaxReceives int    // 1 to 1000
}

// Key is an AWS::KMS::Key with its AWS::KMS::Alias.
type Key struct {
	LogicalID   string
	Alias       string // with the prefix "alias/"; a key is found again by it
	Description string
	Spec        string // such as "SYMMETRIC_DEFAULT"
	Usage       string // such as "ENCRYPT_DECRYPT"
	Rotation    bool
}
