// The API's description, shown by Swagger UI. Its validator badge would ask another host.

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
});
