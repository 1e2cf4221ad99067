package conformance

import "strings"

var (
	text1KB = strings.Repeat("x", 1024)
	text4KB = strings.Repeat("x", 4096)
)

// units is the ConsumedCapacity of a call on the table alone.
func units(n string) string {
	return `"ConsumedCapacity":{"TableName":"$T","CapacityUnits":` + n + `}`
}

var dynamoCapacity = []dynamoCase{
	{"capacity/reads", []dynamoStep{
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL"}`, `{` + units("0.5") + `}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL","ConsistentRead":true}`, `{` + units("1") + `}`},
		row("1", `"a":{"S":"`+text4KB+`"}`),
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL","ProjectionExpression":"sk"}`, `{"Item":{"sk":{"N":"1"}},` + units("1") + `}`},
		{"GetItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL","ProjectionExpression":"sk","ConsistentRead":true}`, `{"Item":{"sk":{"N":"1"}},` + units("2") + `}`},
		row("2", ""),
		query("pk = :p", "", `"Select":"COUNT","ReturnConsumedCapacity":"TOTAL"`, `{"Count":2,"ScannedCount":2,`+units("1")+`}`),
		{"BatchGetItem", `{"RequestItems":{"$T":{"Keys":[{"pk":{"S":"p"},"sk":{"N":"2"}},{"pk":{"S":"p"},"sk":{"N":"9"}}],"ProjectionExpression":"sk"}},"ReturnConsumedCapacity":"TOTAL"}`,
			`{"Responses":{"$T":[{"sk":{"N":"2"}}]},"UnprocessedKeys":{},"ConsumedCapacity":[{"TableName":"$T","CapacityUnits":1}]}`},
	}},
	{"capacity/writes", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL"}`, `{` + units("1") + `}`},
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"` + text1KB + `"}},"ReturnConsumedCapacity":"TOTAL"}`, `{` + units("2") + `}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"REMOVE a","ReturnConsumedCapacity":"TOTAL"}`, `{` + units("2") + `}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL"}`, `{` + units("1") + `}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ReturnConsumedCapacity":"TOTAL"}`, `{` + units("1") + `}`},
	}},
	{"capacity/indexes", []dynamoStep{
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"h":{"S":"h"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"$T","CapacityUnits":2,"Table":{"CapacityUnits":1},"GlobalSecondaryIndexes":{"keys":{"CapacityUnits":1}}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"S":"g"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"$T","CapacityUnits":3,"Table":{"CapacityUnits":1},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":1},"some":{"CapacityUnits":1}}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET b = :g","ExpressionAttributeValues":{":g":{"S":"g"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"$T","CapacityUnits":2,"Table":{"CapacityUnits":1},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":1}}}}`},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET g = :g","ExpressionAttributeValues":{":g":{"S":"other"}},"ReturnConsumedCapacity":"INDEXES"}`,
			`{"ConsumedCapacity":{"TableName":"$T","CapacityUnits":5,"Table":{"CapacityUnits":1},"GlobalSecondaryIndexes":{"all":{"CapacityUnits":2},"some":{"CapacityUnits":2}}}}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h"}},"Select":"COUNT","ReturnConsumedCapacity":"INDEXES"}`,
			`{"Count":1,"ScannedCount":1,"ConsumedCapacity":{"TableName":"$T","CapacityUnits":0.5,"Table":{"CapacityUnits":0},"GlobalSecondaryIndexes":{"keys":{"CapacityUnits":0.5}}}}`},
	}},
	{"capacity/transactions", []dynamoStep{
		{"TransactWriteItems", `{"ReturnConsumedCapacity":"TOTAL","TransactItems":[{"Put":{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"S":"` + text1KB + `"}}}},{"ConditionCheck":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}},"ConditionExpression":"attribute_not_exists(pk)"}}]}`,
			`{"ConsumedCapacity":[{"TableName":"$T","CapacityUnits":6,"WriteCapacityUnits":6}]}`},
		{"TransactGetItems", `{"ReturnConsumedCapacity":"TOTAL","TransactItems":[{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"ProjectionExpression":"sk"}},{"Get":{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"2"}}}}]}`,
			`{"Responses":[{"Item":{"sk":{"N":"1"}}},{}],"ConsumedCapacity":[{"TableName":"$T","CapacityUnits":4,"ReadCapacityUnits":4}]}`},
	}},
}
