from cxm.local import services, testing


def test_services_are_those_of_the_tests():
    assert services.in_use(testing.home())
