package conformance

// query asks for the sort keys that a key condition selects.
func query(condition, values, more, want string) dynamoStep {
	if more != "" {
		more = "," + more
	}
	return dynamoStep{"Query", `{"TableName":"$T","KeyConditionExpression":"` + condition + `","ExpressionAttributeValues":{":p":{"S":"p"}` + values + `}` + more + `}`, want}
}

// row puts the item (p, sk) with more attributes.
func row(sk, attributes string) dynamoStep {
	if attributes != "" {
		attributes = "," + attributes
	}
	return dynamoStep{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"p"},"sk":{"N":"` + sk + `"}` + attributes + `}}`, `{}`}
}

var dynamoQueries = []dynamoCase{
	{"queries/key conditions", []dynamoStep{
		row("1", ""), row("2", ""), row("3", ""), row("10", ""),
		{"PutItem", `{"TableName":"$T","Item":{"pk":{"S":"pp"},"sk":{"N":"1"}}}`, `{}`},
		query("pk = :p", "", `"ProjectionExpression":"sk"`, `{"Count":4,"ScannedCount":4,"Items":[{"sk":{"N":"1"}},{"sk":{"N":"2"}},{"sk":{"N":"3"}},{"sk":{"N":"10"}}]}`),
		query("pk = :p", "", `"ProjectionExpression":"sk","ScanIndexForward":false`, `{"Count":4,"ScannedCount":4,"Items":[{"sk":{"N":"10"}},{"sk":{"N":"3"}},{"sk":{"N":"2"}},{"sk":{"N":"1"}}]}`),
		query("pk = :p AND sk = :n", `,":n":{"N":"2"}`, `"ProjectionExpression":"sk"`, `{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"2"}}]}`),
		query("pk = :p AND sk >= :n", `,":n":{"N":"3"}`, `"ProjectionExpression":"sk"`, `{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"3"}},{"sk":{"N":"10"}}]}`),
		query("sk > :n AND pk = :p", `,":n":{"N":"3"}`, `"ProjectionExpression":"sk"`, `{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"10"}}]}`),
		query("pk = :p AND sk <= :n", `,":n":{"N":"2"}`, `"ProjectionExpression":"sk"`, `{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"1"}},{"sk":{"N":"2"}}]}`),
		query("(pk = :p) AND (sk BETWEEN :n AND :m)", `,":n":{"N":"2"},":m":{"N":"3"}`, `"ProjectionExpression":"sk"`, `{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"2"}},{"sk":{"N":"3"}}]}`),
		query("pk = :p AND sk > :n", `,":n":{"N":"10"}`, "", `{"Count":0,"ScannedCount":0,"Items":[]}`),
	}},
	{"queries/refused key conditions", []dynamoStep{
		query("sk = :n", `,":n":{"N":"1"},":x":{"S":"y"}`, "", "ValidationException"),
		{"Query", `{"TableName":"$T","KeyConditionExpression":"sk = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, invalid + "Query condition missed key schema element: pk"},
		{"Query", `{"TableName":"$T","KeyConditionExpression":"a = :n","ExpressionAttributeValues":{":n":{"N":"1"}}}`, invalid + "Query condition missed key schema element: pk"},
		{"Query", `{"TableName":"$T"}`, invalid + "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		query("pk > :p", "", "", invalid+"Query key condition not supported"),
		query("pk = :p AND a = :n", `,":n":{"N":"1"}`, "", invalid+"Query condition missed key schema element: sk"),
		query("pk = :p AND sk = :n AND a = :n", `,":n":{"N":"1"}`, "", "ValidationException"),
		query("pk = :p OR sk = :n", `,":n":{"N":"1"}`, "", invalid+"Invalid operator used in KeyConditionExpression: OR"),
		query("pk = :p AND sk <> :n", `,":n":{"N":"1"}`, "", "ValidationException"),
		query("pk = :p AND sk = :n", `,":n":{"S":"1"}`, "", badParam+"Condition parameter type does not match schema type"),
		query("pk = :p AND begins_with(sk, :n)", `,":n":{"S":"1"}`, "", "ValidationException"),
		query("pk = :p", "", `"FilterExpression":"sk = :p"`, invalid+"Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"),
		query("pk = :p", "", `"Limit":0`, "ValidationException"),
		query("pk = :p", "", `"IndexName":"none"`, invalid+"The table does not have the specified index: none"),
		query("", "", "", invalid+"Invalid KeyConditionExpression: The expression can not be empty;"),
		{"Query", `{"TableName":"$T","IndexName":"all","ConsistentRead":true,"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"1"}}}`, invalid + "Consistent reads are not supported on global secondary indexes"},
	}},
	{"queries/filter", []dynamoStep{
		row("1", `"a":{"S":"x"}`), row("2", `"a":{"S":"y"}`), row("3", `"a":{"S":"x"}`),
		query("pk = :p", `,":x":{"S":"x"}`, `"FilterExpression":"a = :x","ProjectionExpression":"sk"`, `{"Count":2,"ScannedCount":3,"Items":[{"sk":{"N":"1"}},{"sk":{"N":"3"}}]}`),
		query("pk = :p", `,":x":{"S":"x"}`, `"FilterExpression":"a = :x","Select":"COUNT"`, `{"Count":2,"ScannedCount":3}`),
		query("pk = :p", `,":x":{"S":"x"}`, `"FilterExpression":"a = :x","Limit":2,"ProjectionExpression":"sk"`, `{"Count":1,"ScannedCount":2,"Items":[{"sk":{"N":"1"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"2"}}}`),
	}},
	{"queries/indexes", []dynamoStep{
		row("1", `"g":{"S":"g"},"h":{"S":"h2"},"a":{"S":"x"},"b":{"S":"y"}`), row("2", `"g":{"S":"g"},"h":{"S":"h1"}`), row("3", `"g":{"S":"g"}`), row("4", `"h":{"S":"h1"}`),
		{"Query", `{"TableName":"$T","IndexName":"all","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g"}}}`,
			`{"Count":2,"ScannedCount":2,"Items":[{"pk":{"S":"p"},"sk":{"N":"2"},"g":{"S":"g"},"h":{"S":"h1"}},{"pk":{"S":"p"},"sk":{"N":"1"},"g":{"S":"g"},"h":{"S":"h2"},"a":{"S":"x"},"b":{"S":"y"}}]}`},
		{"Query", `{"TableName":"$T","IndexName":"all","KeyConditionExpression":"g = :g AND begins_with(h, :h)","ExpressionAttributeValues":{":g":{"S":"g"},":h":{"S":"h2"}},"ProjectionExpression":"sk"}`, `{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"1"}}]}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h2"}}}`, `{"Count":1,"ScannedCount":1,"Items":[{"pk":{"S":"p"},"sk":{"N":"1"},"h":{"S":"h2"}}]}`},
		{"Query", `{"TableName":"$T","IndexName":"some","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h2"}}}`, `{"Count":1,"ScannedCount":1,"Items":[{"pk":{"S":"p"},"sk":{"N":"1"},"g":{"S":"g"},"h":{"S":"h2"},"a":{"S":"x"}}]}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","Select":"ALL_ATTRIBUTES","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h2"}}}`,
			badParam + "Select type ALL_ATTRIBUTES is not supported for global secondary index keys because its projection type is not ALL"},
		{"UpdateItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"1"}},"UpdateExpression":"SET h = :h REMOVE g","ExpressionAttributeValues":{":h":{"S":"h1"}}}`, `{}`},
		{"Query", `{"TableName":"$T","IndexName":"all","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g"}},"Select":"COUNT"}`, `{"Count":1,"ScannedCount":1}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h1"}},"Select":"COUNT"}`, `{"Count":3,"ScannedCount":3}`},
		{"DeleteItem", `{"TableName":"$T","Key":{"pk":{"S":"p"},"sk":{"N":"4"}}}`, `{}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h1"}},"Select":"COUNT"}`, `{"Count":2,"ScannedCount":2}`},
	}},
}

var dynamoPages = []dynamoCase{
	{"pages/limit and start key", []dynamoStep{
		row("1", ""), row("2", ""), row("3", ""),
		query("pk = :p", "", `"Limit":2,"ProjectionExpression":"sk"`, `{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"1"}},{"sk":{"N":"2"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"2"}}}`),
		query("pk = :p", "", `"Limit":2,"ProjectionExpression":"sk","ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"2"}}`, `{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"3"}}]}`),
		query("pk = :p", "", `"Limit":3,"ProjectionExpression":"sk"`, `{"Count":3,"ScannedCount":3,"Items":[{"sk":{"N":"1"}},{"sk":{"N":"2"}},{"sk":{"N":"3"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"3"}}}`),
		query("pk = :p", "", `"Limit":4,"Select":"COUNT"`, `{"Count":3,"ScannedCount":3}`),
		query("pk = :p", "", `"Limit":1,"ProjectionExpression":"sk","ScanIndexForward":false,"ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"3"}}`, `{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"2"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"2"}}}`),
		query("pk = :p", "", `"ProjectionExpression":"sk","ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"1.5"}}`, `{"Count":2,"ScannedCount":2,"Items":[{"sk":{"N":"2"}},{"sk":{"N":"3"}}]}`),
		query("pk = :p", "", `"ExclusiveStartKey":{"pk":{"S":"p"}}`, "ValidationException"),
		query("pk = :p", "", `"ExclusiveStartKey":{"pk":{"S":"q"},"sk":{"N":"1"}}`, "ValidationException"),
	}},
	{"pages/start key of an index", []dynamoStep{
		row("1", `"h":{"S":"h"}`), row("2", `"h":{"S":"h"}`),
		{"Query", `{"TableName":"$T","IndexName":"keys","Limit":1,"KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h"}},"ProjectionExpression":"sk"}`,
			`{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"1"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"1"},"h":{"S":"h"}}}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h"}},"ProjectionExpression":"sk","ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"1"},"h":{"S":"h"}}}`,
			`{"Count":1,"ScannedCount":1,"Items":[{"sk":{"N":"2"}}]}`},
		{"Query", `{"TableName":"$T","IndexName":"keys","KeyConditionExpression":"h = :h","ExpressionAttributeValues":{":h":{"S":"h"}},"ExclusiveStartKey":{"h":{"S":"h"}}}`, "ValidationException"},
	}},
	{"pages/scan", []dynamoStep{
		row("1", `"a":{"N":"1"}`), row("2", `"a":{"N":"2"}`),
		{"Scan", `{"TableName":"$T","ConsistentRead":true}`, `{"Count":2,"ScannedCount":2,"Items":[{"pk":{"S":"p"},"sk":{"N":"1"},"a":{"N":"1"}},{"pk":{"S":"p"},"sk":{"N":"2"},"a":{"N":"2"}}]}`},
		{"Scan", `{"TableName":"$T","Limit":1,"ProjectionExpression":"a"}`, `{"Count":1,"ScannedCount":1,"Items":[{"a":{"N":"1"}}],"LastEvaluatedKey":{"pk":{"S":"p"},"sk":{"N":"1"}}}`},
		{"Scan", `{"TableName":"$T","ExclusiveStartKey":{"pk":{"S":"p"},"sk":{"N":"1"}},"Select":"COUNT"}`, `{"Count":1,"ScannedCount":1}`},
		{"Scan", `{"TableName":"$T","FilterExpression":"sk = :n","ExpressionAttributeValues":{":n":{"N":"2"}},"Select":"COUNT"}`, `{"Count":1,"ScannedCount":2}`},
	}},
}
