from fastapi.routing import APIRoute

from serving.app import ROUTERS


def test_the_documentation_names_every_route_but_those_of_the_page(client):
    paths = client.get("/openapi.json").json()["paths"]
    routes = [route for router in ROUTERS for route in router.routes]
    shown = [each for each in routes if isinstance(each, APIRoute) and each.include_in_schema]
    assert list(paths) == [each.path_format for each in shown]
    assert paths.keys().isdisjoint({"/", "/page/{name}"})
    forms = paths["/v1/search"]["post"]["requestBody"]["content"]
    assert "multipart/form-data" in forms
    described = [parameter["name"] for parameter in paths["/v1/tag"]["post"]["parameters"]]
    assert described == ["top_k", "all", "evidence"]


def test_each_file_of_routes_is_in_the_list():
    from importlib import import_module
    from pkgutil import iter_modules

    from serving import routes

    modules = [
        import_module(f"serving.routes.{each.name}") for each in iter_modules(routes.__path__)
    ]
    assert {id(module.router) for module in modules} == {id(router) for router in ROUTERS}
